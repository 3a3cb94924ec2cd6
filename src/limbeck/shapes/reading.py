"""One row of each shape into problems, traces and pairs. A row that makes no sense raises ValueError and is
counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

import msgspec

from limbeck.errors import LimbeckError
from limbeck.problems.files.openr1 import from_row
from limbeck.records import Data, Outcome, Pair, Problem, Trace, Verdict
from limbeck.shapes import chats
from limbeck.tables import Row
from limbeck.texts.messages import asked_id, context_meta, context_of
from limbeck.texts.traces import split_text


@dataclass
class Collector:
    """Data under construction: problems by id, the ids of traces, and the texts that pairs share.

    ``verifier`` and ``format`` are for rows that do not say; without a format, think tags tell it.
    """

    verifier: str
    format: str = ""
    data: Data = field(default_factory=Data)
    problems: dict[str, Problem] = field(default_factory=dict)
    texts: dict[tuple[str, str], Trace] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    def add_problem(self, problem: Problem) -> Problem:
        """The problem, or the one already known by its id; ValueError when that one has another reference."""
        known = self.problems.setdefault(problem.id, problem)
        if known is problem:
            self.data.problems.append(problem)
        elif known.answer != problem.answer:
            other = f"{problem.answer!r:.40}, not {known.answer!r:.40}"
            raise ValueError(
                f"question {problem.question[:40]!r} comes again with another reference: {other}"
            )
        elif context_of(known) != context_of(problem):
            raise ValueError(f"the id {problem.id!r} comes again behind other turns than before")
        return known

    def ask(self, asked: chats.Asked, row: Row, used: set[str]) -> Problem:
        """The problem that asks this. Columns of our own exports are taken for what they are, others to
        meta."""
        ours = {"id", "problem_id", "reference", "answer", "source", "model", "verifier"}
        meta = {key: value for key, value in row.items() if key not in ours | used}
        problem = Problem(
            id=str(row.get("problem_id") or ""),
            question=asked.question,
            answer=_reference(row.get("reference", row.get("answer"))),
            verifier=str(row.get("verifier") or self.verifier),
            source=str(row.get("source") or ""),
            meta={**meta, **context_meta(asked.system, asked.turns)},
        )
        problem.id = problem.id or asked_id(problem.question, context_of(problem))
        return self.add_problem(problem)

    def shared_trace(self, problem: Problem, text: str, row: Row, name: str, verdict: Verdict) -> Trace:
        """The text as a trace of the problem; a text that came before is that trace."""
        if (problem.id, text) not in self.texts:
            self.texts[problem.id, text] = self.add_trace(problem, text, row, name, verdict)
        return self.texts[problem.id, text]

    def add_trace(
        self, problem: Problem, text: str, row: Row, name: str, verdict: Verdict | None = None
    ) -> Trace:
        """The text as a trace of the problem. An id that is taken, such as the question's, gets the row's
        name too."""
        format = self.format or ("think" if "<think>" in text or "</think>" in text else "plain")
        reasoning, answer = split_text(text, format)
        given = str(row.get("id") or f"{problem.id}#{name}")
        trace = Trace(
            id=f"{given}#{name}" if given in self.ids else given,
            problem_id=problem.id,
            reasoning=reasoning,
            answer=answer,
            format=format,
            model=str(row.get("model") or ""),
            verdicts=[verdict] if verdict else [],
            marks=["wrong"] if verdict and verdict.outcome == "wrong" else [],
        )
        return self.keep(trace)

    def keep(self, trace: Trace) -> Trace:
        """Store a trace under an id of its own."""
        if trace.id in self.ids:
            raise ValueError(f"a second trace with the id {trace.id!r}")
        self.ids.add(trace.id)
        self.data.traces.append(trace)
        return trace


def _reference(value: Any) -> str | None:
    """A reference as text: an object as its JSON, a whole float as an integer, a list only if it holds
    one."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list) and value:
        raise ValueError(f"a list says not whether it is one answer or several: {value!r:.60}")
    if isinstance(value, dict | bool):
        return msgspec.json.encode(value).decode()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value in (None, [], "") else str(value)


LABELS = {"true": True, "1": True, "false": False, "0": False}


def _label(label: Any, verifier: str) -> Verdict:
    right = LABELS.get(str(label).strip().lower())
    if right is None:
        raise ValueError(f"label is true or false, not {label!r:.40}")
    return Verdict(verifier, "correct" if right else "wrong", reason=f"label {right}")


def messages(to: Collector, number: int, row: Row) -> None:
    """``messages``: a user turn and the assistant's reply, perhaps behind a system turn and earlier turns."""
    asked, text = chats.dialogue(chats.parsed(row["messages"]))
    to.add_trace(to.ask(asked, row, {"messages"}), text, row, f"row-{number}")


def sharegpt(to: Collector, number: int, row: Row) -> None:
    """``conversations`` of ``from`` and ``value``, perhaps with a column ``system``."""
    chat = chats.from_sharegpt(row["conversations"])
    messages(
        to, number, {**{key: value for key, value in row.items() if key != "conversations"}, "messages": chat}
    )


def responses(to: Collector, number: int, row: Row) -> None:
    """``question`` and ``response``, as `limbeck verify` reads and writes them; its outcome is the verdict.

    ``input`` beside ``instruction`` goes below it.
    """
    asked = chats.prompt(chats.parsed(row["question"]))
    more = row.get("input")
    text = f"{asked.question}\n\n{more}" if isinstance(more, str) and more.strip() else asked.question
    used = {"question", "input", "response", "outcome", "correct", "extracted", "reason", *chats.THOUGHTS}
    problem = to.ask(asked._replace(question=text), row, used)
    response = chats.parsed(row["response"])
    if not isinstance(response, list):
        response = [
            {"role": "assistant", **{name: row.get(name) for name in chats.THOUGHTS}, "content": response}
        ]
    to.add_trace(problem, chats.reply(response, asked.question), row, f"row-{number}", _outcome(row))


def _outcome(row: Row) -> Verdict | None:
    if row.get("outcome") in get_args(Outcome):
        extracted, reason = (str(row.get(name) or "") for name in ("extracted", "reason"))
        return Verdict(str(row.get("verifier") or "outcome"), row["outcome"], extracted, reason)
    return _label(row["correct"], "correct") if row.get("correct") is not None else None


def prompt_completion(to: Collector, number: int, row: Row) -> None:
    """``prompt`` and ``completion``, each a text or a chat."""
    asked = chats.prompt(chats.parsed(row["prompt"]))
    text = chats.reply(chats.parsed(row["completion"]), asked.question)
    to.add_trace(to.ask(asked, row, {"prompt", "completion"}), text, row, f"row-{number}")


def kto(to: Collector, number: int, row: Row) -> None:
    """``prompt``, ``completion`` and ``label``: the label is the verdict, a false one also a mark."""
    asked = chats.prompt(chats.parsed(row["prompt"]))
    text = chats.reply(chats.parsed(row["completion"]), asked.question)
    verdict = _label(row["label"], "label")
    problem = to.ask(asked, row, {"prompt", "completion", "label"})
    to.add_trace(problem, text, row, f"row-{number}", verdict)


def preference(to: Collector, number: int, row: Row) -> None:
    """``prompt``, ``chosen`` and ``rejected``; without ``prompt``, the chats hold it. Being chosen is the
    verdict."""
    given, better, worse = (chats.parsed(row.get(name)) for name in ("prompt", "chosen", "rejected"))
    if given is None and isinstance(better, str):
        raise ValueError("without a prompt, chosen and rejected must be chats")
    asked = chats.dialogue(better)[0] if given is None else chats.prompt(given)
    right, wrong = chats.reply(better, asked.question), chats.reply(worse, asked.question)
    if right == wrong:
        raise ValueError("chosen and rejected are the same text")
    used = {"prompt", "chosen", "rejected", "chosen_id", "rejected_id", "weight"}
    problem = to.ask(asked, row, used)
    chosen = to.shared_trace(
        problem,
        right,
        {**row, "id": row.get("chosen_id")},
        f"row-{number}-chosen",
        _label(True, "preference"),
    )
    rejected = to.shared_trace(
        problem,
        wrong,
        {**row, "id": row.get("rejected_id")},
        f"row-{number}-rejected",
        _label(False, "preference"),
    )
    weight = row["weight"] if isinstance(row.get("weight"), int | float) else 1.0
    to.data.pairs.append(
        Pair(problem_id=problem.id, chosen=chosen.id, rejected=rejected.id, weight=float(weight))
    )


def openr1(to: Collector, number: int, row: Row) -> None:
    """OpenR1-Math-Raw's columns; the label lists stay in ``meta`` until `curation/labels` reads them."""
    problem, traces = from_row(number, row, to.format or "think", to.verifier)
    if problem.id in to.problems:
        raise ValueError(f"a second row with the original_index {problem.meta['original_index']}")
    to.add_problem(problem)
    for trace in traces:
        to.keep(trace)


def verl(to: Collector, number: int, row: Row) -> None:
    """verl's reinforcement learning rows: a problem each, its answer in ``reward_model.ground_truth``."""
    asked = chats.prompt(chats.parsed(row["prompt"]))
    reward, extra = row["reward_model"], row.get("extra_info") or {}
    if not isinstance(reward, dict) or not isinstance(extra, dict):
        raise ValueError("reward_model and extra_info are mappings")
    truth = reward.get("ground_truth")
    if not (truth is None or isinstance(truth, str)):
        truth = msgspec.json.encode(truth).decode()
    ours = {
        "problem_id": extra.get("problem_id"),
        "source": row["data_source"],
        "verifier": extra.get("verifier"),
        "reference": truth,
    }
    known = {"problem_id", "verifier", "split"}
    meta = {"ability": row.get("ability"), **{key: value for key, value in extra.items() if key not in known}}
    problem = to.ask(asked, {**meta, **ours}, set())
    problem.split = str(extra.get("split") or "")


def traces(to: Collector, number: int, row: Row) -> None:
    """Limbeck's own flat rows: every field of a trace, its problem beside it; a problem without traces has no
    id."""
    try:
        split_text("", str(row.get("format") or "plain"))
    except LimbeckError as error:
        raise ValueError(str(error)) from error
    try:
        problem = to.add_problem(msgspec.convert(_filled(row["problem"]), Problem))
        if row.get("id") is not None:
            to.keep(msgspec.convert(_filled(row), Trace))
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    if row.get("problem_id") not in (None, problem.id):
        raise ValueError(f"the trace belongs to {row['problem_id']!r}, its problem is {problem.id!r}")


def _filled(record: Any) -> Any:
    """Without nulls: Parquet gives every mapping the keys of all of them."""
    if isinstance(record, dict):
        return {key: _filled(value) for key, value in record.items() if value is not None}
    return record
