"""The few records that cross a wall between rooms.

A `Problem` is asked, a `Trace` is one attempt at it, a `Pair` contrasts two traces, a `Result` is a number
with its interval. `Data` is what flows: problems with all their traces and pairs. Nothing is ever deleted on
the way: a record that should not be used carries a mark, the reason in one or two words (``wrong``,
``too_long``, ``duplicate``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec import Struct

Outcome = Literal["correct", "wrong", "unparsed", "timeout", "unknown"]
Finish = Literal["stop", "length", "error", "unknown"]


class Verdict(Struct, frozen=True, gc=False):
    """What one verifier says of one trace. Only ``wrong`` makes a negative: the other three failures prove
    nothing.

    ``score`` is how sure a verifier that can tell is that the trace is right, a probability; None where it
    cannot.
    """

    verifier: str
    outcome: Outcome
    extracted: str | None = None
    reason: str = ""
    score: float | None = None


class Problem(Struct, kw_only=True):
    """A question, its reference answer and how to check it. ``meta`` keeps whatever else the source said."""

    id: str
    question: str
    answer: str | None = None
    verifier: str = "math"
    source: str = ""
    split: str = ""
    meta: dict[str, Any] = {}
    marks: list[str] = []


class Trace(Struct, kw_only=True):
    """One attempt at a problem: reasoning and answer kept apart, who wrote it and how, and what was found out
    since.

    ``format`` names the file of `limbeck.formats` that joins the two back into the exact text the model
    wrote. ``finish`` says how generation ended; a trace cut off at the token limit is ``length`` and never a
    negative. ``params`` holds the sampling settings, ``tokens`` the completion's length in the writer's own
    tokens. ``weights`` are ``(start, end, weight)`` of characters of the whole text: how much training makes
    of the tokens there, 1 where nothing is said.
    """

    id: str
    problem_id: str
    reasoning: str = ""
    answer: str = ""
    format: str = "plain"
    model: str = ""
    params: dict[str, Any] = {}
    finish: Finish = "unknown"
    tokens: int | None = None
    verdicts: list[Verdict] = []
    scores: dict[str, float] = {}
    marks: list[str] = []
    parents: list[str] = []
    weights: list[tuple[int, int, float]] = []

    @property
    def outcome(self) -> Outcome:
        """The last verdict's outcome; ``unknown`` before any verifier has looked."""
        return self.verdicts[-1].outcome if self.verdicts else "unknown"


class Pair(Struct, kw_only=True):
    """Two traces of one problem, by id: the one to make likelier and the one to make less likely."""

    problem_id: str
    chosen: str
    rejected: str
    weight: float = 1.0
    marks: list[str] = []


class Result(Struct, kw_only=True):
    """A measured number: its unit, its 95% interval, how many problems and samples it stands on, and under
    which setting.

    ``unit`` is ``share`` (of 1, written in percent), ``tokens``, ``nats``, ``characters`` or any other word;
    empty for a number without one.
    """

    model: str
    benchmark: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0
    samples: int = 0
    interval: str = ""
    seeds: list[int] = []
    setting: dict[str, Any] = {}
    unit: str = ""


@dataclass(repr=False)
class Data:
    """Problems with all their traces and pairs. Order is meaningful; ids are unique."""

    problems: list[Problem] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)

    def __repr__(self) -> str:
        from limbeck.showing import described

        return f"Data: {described(self)}"

    def by_problem(self) -> dict[str, list[Trace]]:
        """Traces by problem id, in order."""
        groups: dict[str, list[Trace]] = defaultdict(list)
        for trace in self.traces:
            groups[trace.problem_id].append(trace)
        return groups

    def problem_by_id(self) -> dict[str, Problem]:
        return {problem.id: problem for problem in self.problems}

    def trace_by_id(self) -> dict[str, Trace]:
        return {trace.id: trace for trace in self.traces}

    def kept(self) -> list[Trace]:
        """Traces without a mark whose problem has none either: what supervised training learns from."""
        dropped = {problem.id for problem in self.problems if problem.marks}
        return [trace for trace in self.traces if not trace.marks and trace.problem_id not in dropped]

    def kept_pairs(self) -> list[Pair]:
        """Pairs without a mark whose problem has none either."""
        dropped = {problem.id for problem in self.problems if problem.marks}
        return [pair for pair in self.pairs if not pair.marks and pair.problem_id not in dropped]

    @classmethod
    def join(cls, parts: Iterable[Data]) -> Data:
        """All parts as one."""
        whole = cls()
        for part in parts:
            whole.problems += part.problems
            whole.traces += part.traces
            whole.pairs += part.pairs
        return whole


@dataclass
class Group:
    """All traces of one problem in a training step: what a reward compares."""

    problem: Problem
    traces: list[Trace]


@dataclass(repr=False)
class Results:
    """What an evaluation returns: the numbers, and every sampled answer they were computed from."""

    results: list[Result] = field(default_factory=list)
    data: Data = field(default_factory=Data)

    def __repr__(self) -> str:
        from limbeck.showing import table

        return table(self.results)

    def _repr_html_(self) -> str:
        from limbeck.showing import html

        return html(self.results)
