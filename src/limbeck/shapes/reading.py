"""One row into a problem, its traces and a pair: the same reader for every layout and every spelling.

A row that makes no sense raises ValueError and is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from limbeck.records import Finish, Outcome, Pair, Problem, Trace, Verdict
from limbeck.shapes import chats, values
from limbeck.shapes.collecting import PREFERENCE
from limbeck.shapes.roles import Roles
from limbeck.tables import Row
from limbeck.texts.messages import asked_id, context_meta
from limbeck.texts.traces import split_text, told_format

OUTCOMES = frozenset(get_args(Outcome))


@dataclass(frozen=True)
class Attempt:
    """One response of a row: its text as the model wrote it, and which of the row's it is."""

    text: str
    index: int
    of: int


@dataclass(frozen=True)
class Reader:
    """Reads rows whose columns have these roles.

    ``verifier`` is what should check answers where rows do not say; ``format`` how reasoning and answer make
    a text, empty to tell it by the think tags in each text; without ``asks`` a row needs no question.
    """

    roles: Roles
    verifier: str = "math"
    format: str = ""
    asks: bool = True

    def read(self, row: Row, name: str, number: int = 0) -> tuple[Problem, list[Trace], Pair | None]:
        """A row's records.

        Args:
            name: of the row, unique in its file: part of the ids of traces that bring none.

        Raises:
            ValueError: the row makes no sense; it says why.
        """
        get = self.roles.get
        if get(row, "rejected") is not None:
            return self._pair(row, name)
        asked, given = self.asked(row)
        problem = self._problem(row, asked, bool(given))
        id_ = get(row, "id")
        base = f"{problem.id}#{name}" if id_ is None or id_ == "" else str(id_)
        traces = []
        for attempt in given:
            traces.append(
                self.trace(row, problem, attempt, base if attempt.of == 1 else f"{base}#{attempt.index}")
            )
        return problem, traces, None

    def asked(self, row: Row) -> tuple[chats.Asked, list[Attempt]]:
        """What a row asks, and its responses."""
        get = self.roles.get
        question, response, chat = get(row, "question"), get(row, "response"), get(row, "messages")
        if response is None and chat is not None:
            turns = chats.turns(chat)
            asked, text = chats.dialogue(turns, open_end=not self.roles.columns.get("response"))
            return self._behind(row, asked), self._attempts(row, [text]) if text is not None else []
        if question is None and chat is not None:
            question = chats.before_reply(chats.turns(chat))
        if question is None and (not self.asks or get(row, "problem_id") is not None):
            asked = chats.Asked("")  # perhaps another row with this id has the question
        else:
            asked = chats.prompt(question)
        if response is None:
            if self.roles.columns.get("response"):
                raise ValueError(f"no response in column {' or '.join(self.roles.columns['response'])!r}")
            return self._behind(row, asked), []
        listed = self._listed(response)
        texts = [chats.reply(each, asked.question) if each is not None else "" for each in listed]
        return self._behind(row, asked), self._attempts(row, texts)

    def _attempts(self, row: Row, texts: list[str]) -> list[Attempt]:
        of = len(texts)
        return [Attempt(self._thoughtful(row, text, i, of), i, of) for i, text in enumerate(texts)]

    def _behind(self, row: Row, asked: chats.Asked) -> chats.Asked:
        """With the turns and the text that columns of their own bring."""
        get = self.roles.get
        more, system, history = get(row, "input"), get(row, "system"), get(row, "history")
        if isinstance(more, str) and more.strip():
            asked = asked._replace(question=f"{asked.question}\n\n{more}")
        if isinstance(system, str) and system.strip() and not asked.system:
            asked = asked._replace(system=system)
        if history and not asked.turns:
            asked = asked._replace(turns=chats.history(history))
        return asked

    def _listed(self, response: Any) -> list[Any]:
        """A row's responses: one text, a chat, or a list of such."""
        column = self.roles.columns["response"][0]
        value = values.cell(response) if column.endswith("s") else chats.parsed(response)
        if isinstance(value, list) and not any(isinstance(item, dict) for item in value):
            if not value:
                raise ValueError(f"no response in column {column!r} but an empty list")
            return value
        return [value]

    def _thoughtful(self, row: Row, text: str, index: int, of: int) -> str:
        """The text behind the thought that a column of its own holds, unless the text bears think tags."""
        column = self.roles.get(row, "reasoning")
        if column is None or told_format(text) != "plain":
            return text
        # A list per attempt, or the parts of one thought.
        of_one = aligned(column, index, of) if of > 1 or not _parts(column) else column
        thought = values.thought(of_one)
        return chats.with_thought(thought, text) if thought else text

    def _problem(self, row: Row, asked: chats.Asked, answered: bool) -> Problem:
        roles = self.roles
        get = roles.get
        apart = roles.row_columns if answered else ()
        meta = {
            name: value for name, value in roles.rest(row).items() if value is not None and name not in apart
        }
        if isinstance(nested := meta.get("meta"), dict):
            meta = {**{name: value for name, value in meta.items() if name != "meta"}, **nested}
        if not answered and get(row, "id") not in (None, ""):
            meta["id"] = get(row, "id")
        if (licence := get(row, "licence")) is not None:
            meta["licence"] = licence
        context = context_meta(asked.system, asked.turns)
        given = get(row, "problem_id")
        return Problem(
            id=asked_id(asked.question, context) if given is None or given == "" else str(given),
            question=asked.question,
            answer=values.reference(get(row, "reference")),
            verifier=_text(get(row, "verifier")) or self.verifier,
            source=_text(get(row, "source")),
            split=_text(get(row, "split")),
            meta={**meta, **context},
        )

    def trace(self, row: Row, problem: Problem, attempt: Attempt, id_: str) -> Trace:
        """One response of a row as a trace of the row's problem."""
        get, text = self.roles.get, attempt.text
        format = self.format or told_format(text)
        reasoning, answer = split_text(text, format)
        finish = self._finish(row, attempt)
        verdict = self._verdict(row, attempt)
        if verdict and finish == "length" and verdict.outcome == "wrong":
            # What was never finished is not wrong.
            verdict = Verdict(verdict.verifier, "unparsed", verdict.extracted, "truncated", verdict.score)
        marks = ["truncated"] if finish == "length" else []
        marks += ["wrong"] if verdict and verdict.outcome == "wrong" else []
        marks += [] if text.strip() else ["no_text"]
        return Trace(
            id=id_,
            problem_id=problem.id,
            reasoning=reasoning,
            answer=answer,
            format=format,
            model=_text(aligned(get(row, "writer"), attempt.index, attempt.of)),
            params=self._params(row, attempt),
            finish=finish,
            tokens=values.count(aligned(get(row, "tokens"), attempt.index, attempt.of)),
            verdicts=[verdict] if verdict else [],
            scores=self._scores(row, attempt),
            marks=marks,
        )

    def _params(self, row: Row, attempt: Attempt) -> dict[str, Any]:
        names = [name for name in self.roles.row_columns if row.get(name) is not None]
        params = {name: aligned(row[name], attempt.index, attempt.of) for name in names}
        return {**params, **({"index": attempt.index} if attempt.of > 1 else {})}

    def _scores(self, row: Row, attempt: Attempt) -> dict[str, float]:
        scores = {}
        for name in self.roles.columns.get("score", ()):
            score = aligned(row.get(name), attempt.index, attempt.of)
            if isinstance(score, int | float) and not isinstance(score, bool) and score == score:
                scores[name] = float(score)
        return scores

    def _finish(self, row: Row, attempt: Attempt) -> Finish:
        finishes = []
        for name in self.roles.columns.get("finish", ()):
            value = aligned(row.get(name), attempt.index, attempt.of)
            if value is not None:
                finishes.append(values.ending(value, name))
        return next((finish for finish in finishes if finish != "unknown"), "unknown")

    def _verdict(self, row: Row, attempt: Attempt) -> Verdict | None:
        get = self.roles.get
        extracted, reason = _text(get(row, "extracted")), _text(get(row, "reason"))
        outcome = aligned(get(row, "outcome"), attempt.index, attempt.of)
        if outcome in OUTCOMES:
            by = _text(get(row, "verdict_by")) or _text(get(row, "verifier"))
            return Verdict(by or "outcome", outcome, extracted, reason)
        columns = self.roles.columns.get("verdict", ())
        for name in columns:
            label = aligned(row.get(name), attempt.index, attempt.of)
            if label is None:
                continue
            right = values.label(label)
            if right is None:
                raise ValueError(f"{name} is true or false, not {label!r:.40}")
            by = _text(get(row, "verdict_by")) or name
            return Verdict(by, "correct" if right else "wrong", extracted, reason or f"label {right}")
        if "label" in columns and len(columns) == 1 and "label" in row:
            raise ValueError("label is true or false, not None")
        return None

    def _pair(self, row: Row, name: str) -> tuple[Problem, list[Trace], Pair]:
        """``chosen`` and ``rejected``, texts or chats; being chosen is the verdict. Without a question of its
        own the row's chats hold it; without ``chosen`` the response is the better one."""
        get = self.roles.get
        given, better, worse = (
            get(row, "question"),
            chats.parsed(get(row, "chosen")),
            chats.parsed(get(row, "rejected")),
        )
        chat = get(row, "messages")
        if better is None:
            better = get(row, "response") if chat is None else None
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
        if right == wrong:
            raise ValueError("chosen and rejected are the same text")
        problem = self._problem(row, self._behind(row, asked), False)
        traces = [
            self._side(row, problem, name, side, text)
            for side, text in (("chosen", right), ("rejected", wrong))
        ]
        weight = get(row, "weight")
        pair = Pair(problem_id=problem.id, chosen=traces[0].id, rejected=traces[1].id)
        pair.weight = float(weight) if isinstance(weight, int | float) else 1.0
        return problem, traces, pair

    def _side(self, row: Row, problem: Problem, name: str, side: str, text: str) -> Trace:
        format = self.format or told_format(text)
        reasoning, answer = split_text(text, format)
        outcome: Outcome = "correct" if side == "chosen" else "wrong"
        return Trace(
            id=_text(self.roles.get(row, f"{side}_id")) or f"{problem.id}#{name}-{side}",
            problem_id=problem.id,
            reasoning=reasoning,
            answer=answer,
            format=format,
            model=_text(self.roles.get(row, "writer")),
            verdicts=[Verdict(PREFERENCE, outcome, "", f"label {side == 'chosen'}")],
            marks=["wrong"] if outcome == "wrong" else [],
        )


def aligned(value: Any, index: int, of: int) -> Any:
    """What a column says of one of a row's responses: its place in a list of as many, or the value for all."""
    return value[index] if isinstance(value, list) and len(value) == of else value


def _parts(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(part, dict) for part in value)


def _text(value: Any) -> str:
    if value is None or isinstance(value, list | dict):
        return ""
    return str(value)
