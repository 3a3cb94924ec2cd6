"""One row of each shape into problems, traces and pairs. A row that makes no sense raises ValueError and is counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

import msgspec

from limbeck.formats import think
from limbeck.problems.openr1 import from_row
from limbeck.problems.ops import problem_id, split_text
from limbeck.records import Data, Outcome, Pair, Problem, Trace, Verdict
from limbeck.tables import Row


@dataclass
class Collector:
    """Data under construction: problems by id, traces by id, and the texts that pairs share."""

    verifier: str
    data: Data = field(default_factory=Data)
    problems: dict[str, Problem] = field(default_factory=dict)
    texts: dict[tuple[str, str], Trace] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    def add_problem(self, problem: Problem) -> Problem:
        """The problem, or the one already known by its id."""
        if problem.id not in self.problems:
            self.problems[problem.id] = problem
            self.data.problems.append(problem)
        return self.problems[problem.id]

    def ask(self, question: str, row: Row, used: set[str], system: str = "") -> Problem:
        """The problem with this question. Columns of our own exports are taken for what they are, others to meta."""
        own = {"id", "problem_id", "reference", "answer", "source", "model", "verifier"}
        meta = {key: value for key, value in row.items() if key not in own | used}
        reference = row.get("reference", row.get("answer"))
        return self.add_problem(
            Problem(
                id=str(row.get("problem_id") or problem_id(question)),
                question=question,
                answer=str(reference) if reference is not None else None,
                verifier=str(row.get("verifier") or self.verifier),
                source=str(row.get("source") or ""),
                meta={**meta, **({"system": system} if system else {})},
            )
        )

    def shared_trace(self, problem: Problem, text: str, row: Row, name: str, verdict: Verdict) -> Trace:
        """The text as a trace of the problem; a text that came before is that trace."""
        if (problem.id, text) not in self.texts:
            self.texts[problem.id, text] = self.add_trace(problem, text, row, name, verdict)
        return self.texts[problem.id, text]

    def add_trace(self, problem: Problem, text: str, row: Row, name: str, verdict: Verdict | None = None) -> Trace:
        """The text as a trace of the problem."""
        format = "think" if "<think>" in text or "</think>" in text else "plain"
        reasoning, answer = split_text(text, format)
        trace = Trace(
            id=str(row.get("id") or f"{problem.id}#{name}"), problem_id=problem.id, reasoning=reasoning, answer=answer,
            format=format, model=str(row.get("model") or ""), verdicts=[verdict] if verdict else [],
            marks=["wrong"] if verdict and verdict.outcome == "wrong" else [],
        )  # fmt: skip
        return self.keep(trace)

    def keep(self, trace: Trace) -> Trace:
        """Store a trace under an id of its own."""
        if trace.id in self.ids:
            raise ValueError(f"a second trace with the id {trace.id!r}")
        self.ids.add(trace.id)
        self.data.traces.append(trace)
        return trace


THOUGHTS = ("reasoning_content", "reasoning", "thinking")
"""Where an assistant's turn holds its reasoning, if not in ``content``: as the endpoints of reasoning models log it."""

SPEAKERS = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "model": "assistant", "bot": "assistant"}


def _chat(value: Any) -> list[Row]:
    if not isinstance(value, list) or not all(isinstance(turn, dict) for turn in value):
        raise ValueError(f"a list of {{role, content}} is wanted, not {value!r:.60}")
    return [{**turn, "content": _text(turn)} for turn in value]


def _text(turn: Row) -> str:
    """A turn's text; reasoning in a field of its own goes between think tags, open where no answer follows."""
    text = turn.get("content")
    thought = next((turn[name] for name in THOUGHTS if isinstance(turn.get(name), str) and turn[name]), "")
    if not isinstance(text, str) and not (thought and text is None):
        raise ValueError(f"a turn's content is a text, not {text!r:.60}")
    if not thought:
        return str(text)
    return think.render(thought, text) if text else think.OPEN + thought


def _question(value: Any) -> tuple[str, str]:
    """Question and system prompt of a text or a chat with one user turn."""
    if isinstance(value, str):
        question, system = value, ""
    else:
        asked = [turn["content"] for turn in _chat(value) if turn.get("role") == "user"]
        if len(asked) != 1:
            raise ValueError(f"one user turn is wanted, not {len(asked)}")
        question = asked[0]
        system = "\n".join(turn["content"] for turn in value if turn.get("role") == "system")
    if not question.strip():
        raise ValueError("the prompt is empty")
    return question, system


def _reply(value: Any) -> str:
    """The assistant's text of a text or of a chat that ends with it."""
    if isinstance(value, str):
        return value
    if not (turns := _chat(value)) or turns[-1].get("role") != "assistant":
        raise ValueError("the chat does not end with an assistant turn")
    return turns[-1]["content"]


def _label(label: Any, verifier: str) -> Verdict:
    if not isinstance(label, bool | int):
        raise ValueError(f"label is true or false, not {label!r:.40}")
    outcome: Outcome = "correct" if label else "wrong"
    return Verdict(verifier, outcome, reason=f"label {bool(label)}")


def messages(to: Collector, number: int, row: Row) -> None:
    """``messages``: one user turn and the assistant's reply, perhaps a system turn before."""
    question, system = _question(row["messages"])
    text = _reply(row["messages"])
    to.add_trace(to.ask(question, row, {"messages"}, system), text, row, f"row-{number}")


def sharegpt(to: Collector, number: int, row: Row) -> None:
    """``conversations`` of ``from`` and ``value``, perhaps with a column ``system``."""
    turns = row["conversations"]
    if not isinstance(turns, list) or not all(
        isinstance(turn, dict) and {"from", "value"} <= turn.keys() for turn in turns
    ):
        raise ValueError(f"a list of {{from, value}} is wanted, not {turns!r:.60}")
    chat = [{"role": SPEAKERS.get(turn["from"], turn["from"]), "content": turn["value"]} for turn in turns]
    messages(to, number, {**{key: value for key, value in row.items() if key != "conversations"}, "messages": chat})


def responses(to: Collector, number: int, row: Row) -> None:
    """``question`` and ``response``, as `limbeck verify` reads and writes them; its outcome is the verdict.

    ``input`` beside ``instruction`` goes below it.
    """
    question, system = _question(row["question"])
    more = row.get("input")
    text = f"{question}\n\n{more}" if isinstance(more, str) and more.strip() else question
    used = {"question", "input", "response", "outcome", "correct", "extracted", "reason", *THOUGHTS}
    problem = to.ask(text, row, used, system)
    turn = {"role": "assistant", **{name: row.get(name) for name in THOUGHTS}, "content": row["response"]}
    reply = _reply(row["response"] if isinstance(row["response"], list) else [turn])
    to.add_trace(problem, reply, row, f"row-{number}", _outcome(row))


def _outcome(row: Row) -> Verdict | None:
    if row.get("outcome") in get_args(Outcome):
        extracted, reason = (str(row.get(name) or "") for name in ("extracted", "reason"))
        return Verdict(str(row.get("verifier") or "outcome"), row["outcome"], extracted, reason)
    return _label(row["correct"], "correct") if isinstance(row.get("correct"), bool) else None


def prompt_completion(to: Collector, number: int, row: Row) -> None:
    """``prompt`` and ``completion``, each a text or a chat."""
    question, system = _question(row["prompt"])
    text = _reply(row["completion"])
    to.add_trace(to.ask(question, row, {"prompt", "completion"}, system), text, row, f"row-{number}")


def kto(to: Collector, number: int, row: Row) -> None:
    """``prompt``, ``completion`` and ``label``: the label is the verdict, a false one also a mark."""
    question, system = _question(row["prompt"])
    text, verdict = _reply(row["completion"]), _label(row["label"], "label")
    problem = to.ask(question, row, {"prompt", "completion", "label"}, system)
    to.add_trace(problem, text, row, f"row-{number}", verdict)


def preference(to: Collector, number: int, row: Row) -> None:
    """``prompt``, ``chosen`` and ``rejected``; without ``prompt``, the chats hold it. Being chosen is the verdict."""
    source = row["prompt"] if row.get("prompt") is not None else row["chosen"]
    if source is row["chosen"] and isinstance(source, str):
        raise ValueError("without a prompt, chosen and rejected must be chats")
    question, system = _question(source)
    right, wrong = _reply(row["chosen"]), _reply(row["rejected"])
    if right == wrong:
        raise ValueError("chosen and rejected are the same text")
    used = {"prompt", "chosen", "rejected", "chosen_id", "rejected_id", "weight"}
    problem = to.ask(question, row, used, system)
    chosen = to.shared_trace(
        problem, right, {**row, "id": row.get("chosen_id")}, f"row-{number}-chosen", _label(True, "preference")
    )
    rejected = to.shared_trace(
        problem, wrong, {**row, "id": row.get("rejected_id")}, f"row-{number}-rejected", _label(False, "preference")
    )
    weight = row["weight"] if isinstance(row.get("weight"), int | float) else 1.0
    to.data.pairs.append(Pair(problem_id=problem.id, chosen=chosen.id, rejected=rejected.id, weight=float(weight)))


def openr1(to: Collector, number: int, row: Row) -> None:
    """OpenR1-Math-Raw's columns; the label lists stay in ``meta`` until `curation/labels` reads them."""
    problem, traces = from_row(number, row, "think", to.verifier)
    if problem.id in to.problems:
        raise ValueError(f"a second row with the original_index {problem.meta['original_index']}")
    to.add_problem(problem)
    for trace in traces:
        to.keep(trace)


def verl(to: Collector, number: int, row: Row) -> None:
    """verl's reinforcement learning rows: a problem each, its answer in ``reward_model.ground_truth``."""
    question, system = _question(row["prompt"])
    reward, extra = row["reward_model"], row.get("extra_info") or {}
    if not isinstance(reward, dict) or not isinstance(extra, dict):
        raise ValueError("reward_model and extra_info are mappings")
    truth = reward.get("ground_truth")
    own = {
        "problem_id": extra.get("problem_id"), "source": row["data_source"], "verifier": extra.get("verifier"),
        "reference": truth if truth is None or isinstance(truth, str) else msgspec.json.encode(truth).decode(),
    }  # fmt: skip
    known = {"problem_id", "verifier", "split"}
    meta = {"ability": row.get("ability"), **{key: value for key, value in extra.items() if key not in known}}
    problem = to.ask(question, {**meta, **own}, set(), system)
    problem.split = str(extra.get("split") or "")


def traces(to: Collector, number: int, row: Row) -> None:
    """Limbeck's own flat rows: every field of a trace, its problem beside it; a problem without traces has no id."""
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
