"""One row into a problem, its traces and a pair: the same reader for every layout and every spelling.

A row that makes no sense raises ValueError and is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, get_args

from limbeck.records import Finish, Outcome, Pair, Problem, Trace, Verdict
from limbeck.shapes import chats, values
from limbeck.shapes.collecting import PREFERENCE
from limbeck.shapes.roles import Roles
from limbeck.shapes.values import aligned
from limbeck.shapes.verdicts import judged
from limbeck.tables import Row
from limbeck.texts.messages import asked_id, context_meta
from limbeck.texts.traces import format_named, parsed, told_format
from limbeck.types import Format

OUTCOMES = frozenset(get_args(Outcome))


class Attempt(NamedTuple):
    """One response of a row: its text as the model wrote it, and which of the row's it is."""

    text: str
    number: int
    of: int


class _Forms(dict[str, Format]):
    """Formats by name, looked up once per reader and not once per trace; every process looks for itself."""

    def __missing__(self, name: str) -> Format:
        self[name] = form = format_named(name)
        return form

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return _Forms, ()


@dataclass(frozen=True)
class Reader:
    """Reads rows whose columns have these roles.

    ``verifier`` is what should check answers where rows do not say; ``format`` how reasoning and answer make
    a text, empty to tell it by the think tags in each text; without ``asks`` a row needs no question, with
    ``open_end`` chats end with the question.
    """

    roles: Roles
    verifier: str = "math"
    format: str = ""
    asks: bool = True
    open_end: bool = False
    forms: _Forms = field(default_factory=_Forms, compare=False)

    def read(self, row: Row, name: str, number: int = 0) -> tuple[Problem, list[Trace], Pair | None]:
        """A row's records.

        Args:
            name: of the row, unique in its file: part of the ids of traces that bring none.

        Raises:
            ValueError: the row makes no sense; it says why.
        """
        if (roles := self.roles.of(row)) is not self.roles:
            return replace(self, roles=roles).read(row, name)
        held = self.roles.pick(row)
        if "rejected" in held:
            return self._pair(row, held, name)
        asked, attempts = self.asked(held)
        problem = self._problem(row, held, asked, bool(attempts))
        given = held.get("id")
        base = f"{problem.id}#{name}" if given is None or given == "" else str(given)
        traces = []
        for attempt in attempts:
            id_ = base if attempt.of == 1 else f"{base}#{attempt.number}"
            traces.append(self.trace(row, held, attempt, problem.id, id_))
        return problem, traces, None

    def asked(self, held: Row) -> tuple[chats.Asked, list[Attempt]]:
        """What a row asks, and its responses.

        Args:
            held: what the row holds, by roles.
        """
        question, response, chat = held.get("question"), held.get("response"), held.get("messages")
        if response is None and chat is not None:
            turns = chats.turns(chat)
            asked, text = chats.dialogue(turns, self.open_end)
            return _behind(held, asked), self._attempts(held, [text]) if text is not None else []
        if question is None and chat is not None:
            question = chats.before_reply(chats.turns(chat))
        if question is None and (not self.asks or "problem_id" in held):
            asked = chats.Asked("")  # perhaps another row with this id has the question
        else:
            asked = chats.prompt(question)
        if response is None:
            if columns := self.roles.columns.get("response"):
                raise ValueError(f"no response in column {' or '.join(columns)!r}")
            return _behind(held, asked), []
        listed = self._listed(response)
        texts = [chats.reply(each, asked.question) if each is not None else "" for each in listed]
        return _behind(held, asked), self._attempts(held, texts)

    def _attempts(self, held: Row, texts: list[str]) -> list[Attempt]:
        of = len(texts)
        if "reasoning" in held:
            texts = [thoughtful(held["reasoning"], text, i, of) for i, text in enumerate(texts)]
        return [Attempt(text, i, of) for i, text in enumerate(texts)]

    def _listed(self, response: Any) -> list[Any]:
        """A row's responses: one text, a chat, or a list of such."""
        column = self.roles.columns["response"][0]
        value = values.cell(response) if column.endswith("s") else chats.parsed(response)
        if isinstance(value, list) and not any(isinstance(item, dict) for item in value):
            if not value:
                raise ValueError(f"no response in column {column!r} but an empty list")
            return value
        return [value]

    def _problem(self, row: Row, held: Row, asked: chats.Asked, answered: bool) -> Problem:
        meta = self._meta(row, held, answered)
        context = context_meta(asked.system, asked.turns) if asked.system or asked.turns else {}
        given = held.get("problem_id")
        return Problem(
            id=asked_id(asked.question, context) if given is None or given == "" else str(given),
            question=asked.question,
            answer=values.reference(held["reference"]) if "reference" in held else None,
            verifier=as_text(held.get("verifier")) or self.verifier,
            source=as_text(held.get("source")),
            split=as_text(held.get("split")),
            meta={**meta, **context},
        )

    def _meta(self, row: Row, held: Row, answered: bool) -> Row:
        """What else a row says of its question: everything, where it has no response."""
        names = self.roles.others if answered else (*self.roles.others, *self.roles.row_columns)
        meta = {name: row[name] for name in names if row.get(name) is not None}
        if len(row) > len(names):  # columns that the first rows have not
            known = self.roles.known
            meta.update((name, row[name]) for name in row if name not in known and row[name] is not None)
        if isinstance(nested := meta.get("meta"), dict):
            meta = {**{name: value for name, value in meta.items() if name != "meta"}, **nested}
        if not answered and held.get("id") not in (None, ""):
            meta["id"] = held["id"]
        if "licence" in held:
            meta["licence"] = held["licence"]
        return meta

    def trace(self, row: Row, held: Row, attempt: Attempt, problem_id: str, id_: str) -> Trace:
        """One response of a row as a trace of the row's problem."""
        text, index, of = attempt
        format = self.format or told_format(text)
        reasoning, answer = parsed(self.forms[format], text, format)
        finish = self._finish(row, attempt) if "finish" in held else "unknown"
        verdict = self._verdict(row, held, attempt)
        verdict = judged(verdict, finish) if verdict else None
        marks = ["truncated"] if finish == "length" else []
        if verdict and verdict.outcome == "wrong":
            marks.append("wrong")
        if not text.strip():
            marks.append("no_text")
        return Trace(
            id=id_,
            problem_id=problem_id,
            reasoning=reasoning,
            answer=answer,
            format=format,
            model=as_text(aligned(held.get("writer"), index, of)),
            params=self._params(row, attempt) if of > 1 or self.roles.row_columns else {},
            finish=finish,
            tokens=values.count(aligned(held["tokens"], index, of)) if "tokens" in held else None,
            verdicts=[verdict] if verdict else [],
            scores=self._scores(row, attempt) if "score" in held else {},
            marks=marks,
        )

    def _params(self, row: Row, attempt: Attempt) -> dict[str, Any]:
        names = [name for name in self.roles.row_columns if row.get(name) is not None]
        params = {name: aligned(row[name], attempt.number, attempt.of) for name in names}
        return {**params, **({"index": attempt.number} if attempt.of > 1 else {})}

    def _scores(self, row: Row, attempt: Attempt) -> dict[str, float]:
        scores = {}
        for name in self.roles.columns["score"]:
            score = aligned(row.get(name), attempt.number, attempt.of)
            if isinstance(score, int | float) and not isinstance(score, bool) and score == score:
                scores[name] = float(score)
        return scores

    def _finish(self, row: Row, attempt: Attempt) -> Finish:
        for name in self.roles.columns["finish"]:
            value = aligned(row.get(name), attempt.number, attempt.of)
            if value is not None and (finish := values.ending(value, name)) != "unknown":
                return finish
        return "unknown"

    def _verdict(self, row: Row, held: Row, attempt: Attempt) -> Verdict | None:
        columns = self.roles.columns.get("verdict", ())
        if not columns and "outcome" not in held:
            return None
        extracted = as_text(aligned(held.get("extracted"), attempt.number, attempt.of))
        reason = as_text(held.get("reason"))
        outcome = aligned(held.get("outcome"), attempt.number, attempt.of)
        if outcome in OUTCOMES:
            by = as_text(held.get("verdict_by")) or as_text(held.get("verifier")) or "outcome"
            return Verdict(by, outcome, extracted, reason)
        for name in columns:
            label = aligned(row.get(name), attempt.number, attempt.of)
            if values.unlabelled(label):
                continue
            right = values.label(label)
            if right is None:
                raise ValueError(f"{name} is true or false, not {label!r:.40}")
            by = as_text(aligned(held.get("verdict_by"), attempt.number, attempt.of)) or name
            return Verdict(by, "correct" if right else "wrong", extracted, reason or f"label {right}")
        return None

    def _pair(self, row: Row, held: Row, name: str) -> tuple[Problem, list[Trace], Pair]:
        """``chosen`` and ``rejected``, texts or chats; being chosen is the verdict. Without a question of its
        own the row's chats hold it; without ``chosen`` the response is the better one."""
        given, chat = held.get("question"), held.get("messages")
        better, worse = chats.parsed(held.get("chosen")), chats.parsed(held["rejected"])
        if better is None and chat is None:
            better = held.get("response")
        if given is None and chat is not None:
            turns = chats.turns(chat)
            given = chats.before_reply(turns)
            better = turns[-1:] if better is None else better
        if isinstance(worse, list) and len(worse) == 1 and isinstance(worse[0], str):
            worse = worse[0]
        if given is None and (better is None or isinstance(better, str)):
            raise ValueError("without a question, chosen and rejected must be chats")
        asked = chats.dialogue(chats.turns(better))[0] if given is None else chats.prompt(given)
        right, wrong = chats.reply(better, asked.question), chats.reply(worse, asked.question)
        if right == wrong or not right.strip() or not wrong.strip():
            which = "the same text" if right == wrong else "a text and none"
            raise ValueError(f"chosen and rejected are {which}")
        problem = self._problem(row, held, _behind(held, asked), False)
        sides = [("chosen", right), ("rejected", wrong)]
        traces = [self._side(held, problem, name, side, text) for side, text in sides]
        weight = held.get("weight")
        pair = Pair(problem_id=problem.id, chosen=traces[0].id, rejected=traces[1].id)
        pair.weight = float(weight) if isinstance(weight, int | float) else 1.0
        return problem, traces, pair

    def _side(self, held: Row, problem: Problem, name: str, side: str, text: str) -> Trace:
        format = self.format or told_format(text)
        reasoning, answer = parsed(self.forms[format], text, format)
        outcome: Outcome = "correct" if side == "chosen" else "wrong"
        return Trace(
            id=as_text(held.get(f"{side}_id")) or f"{problem.id}#{name}-{side}",
            problem_id=problem.id,
            reasoning=reasoning,
            answer=answer,
            format=format,
            model=as_text(held.get(f"{side}_model") or held.get("writer")),
            verdicts=[Verdict(PREFERENCE, outcome, "", f"label {side == 'chosen'}")],
            marks=["wrong"] if outcome == "wrong" else [],
        )


def _behind(held: Row, asked: chats.Asked) -> chats.Asked:
    """What is asked, with the turns and the text that columns of their own bring."""
    more, system, history = held.get("input"), held.get("system"), held.get("history")
    if isinstance(more, str) and more.strip():
        asked = asked._replace(question=f"{asked.question}\n\n{more}")
    if isinstance(system, str) and system.strip() and not asked.system:
        asked = asked._replace(system=system)
    if history and not asked.turns:
        asked = asked._replace(turns=chats.history(history))
    return asked


def thoughtful(column: Any, text: str, index: int, of: int) -> str:
    """The text behind the thought that a column of its own holds, unless the text bears think tags."""
    if told_format(text) != "plain":
        return text
    # A list per attempt, or the parts of one thought.
    parts = isinstance(column, list) and any(isinstance(part, dict) for part in column)
    thought = values.thought(column if of == 1 and parts else aligned(column, index, of))
    return chats.with_thought(thought, text) if thought else text


def as_text(value: Any) -> str:
    if value is None or isinstance(value, list | dict):
        return ""
    return str(value)
