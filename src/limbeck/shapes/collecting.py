"""Data under construction: problems by id, traces under ids of their own, texts that pairs share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from limbeck.records import Data, Pair, Problem, Trace
from limbeck.tables import BadRows
from limbeck.texts.messages import context_of

PREFERENCE = "preference"
"""The verifier that verdicts of pairs name: being chosen, being rejected."""
REFERENCES = 8
"""References of one question that a block keeps apart; rows with more are at odds with the first."""
NO_QUESTION = "no_question"
"""The mark of a problem of which only answers came."""


@dataclass
class Collector:
    """Takes records in the order of rows; what does not go together with what is there is a ValueError.

    ``named`` holds the ids that rows brought for their traces, with the names of the rows.
    """

    data: Data = field(default_factory=Data)
    problems: dict[str, Problem] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    named: dict[str, str] = field(default_factory=dict)
    texts: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def add(self, problem: Problem, traces: list[Trace], pair: Pair | None = None, name: str = "") -> None:
        """A row's problem with its traces and its pair.

        Args:
            name: of the row, put behind ids that are taken.

        Raises:
            ValueError: the problem is known with another reference or behind other turns.
        """
        beside = self._add_problem(problem)
        renamed: dict[str, str] = {}
        for trace in traces:
            renamed[trace.id] = self._add_trace(trace, beside, name)
        if pair is not None:
            pair.chosen = renamed.get(pair.chosen, pair.chosen)
            pair.rejected = renamed.get(pair.rejected, pair.rejected)
            self.data.pairs.append(pair)

    def _add_problem(self, problem: Problem) -> dict[str, Any]:
        """Store a problem, if it is new; what this row says of it that is not what is known is the row's."""
        known = self.problems.setdefault(problem.id, problem)
        if known is problem:
            self.data.problems.append(problem)
            return {}
        if known.question and problem.question and known.question != problem.question:
            # One text but for its quotes and blanks has one id; an id that rows bring may have two texts.
            if not _alike(known.question, problem.question):
                raise ValueError(f"the id {problem.id!r} comes again with another question")
        elif problem.question and not known.question:
            known.question = problem.question
            known.meta = {**problem.meta, **known.meta}
            known.marks = [mark for mark in known.marks if mark != NO_QUESTION]
        if known.answer is None:
            known.answer = problem.answer
        elif problem.answer is not None and known.answer != problem.answer:
            other = f"{problem.answer!r:.40}, not {known.answer!r:.40}"
            raise ValueError(
                f"question {problem.question[:40]!r} comes again with another reference: {other}"
            )
        if problem.question and context_of(known) != context_of(problem):
            raise ValueError(f"the id {problem.id!r} comes again behind other turns than before")
        beside = {key: value for key, value in problem.meta.items() if known.meta.get(key) != value}
        if problem.source and problem.source != known.source:
            beside["source"] = problem.source
        return beside

    def _add_trace(self, trace: Trace, beside: dict[str, Any], name: str) -> str:
        if trace.verdicts and trace.verdicts[0].verifier == PREFERENCE:
            # A text that stands in several pairs is one trace.
            key = (trace.problem_id, trace.reasoning, trace.answer)
            if (same := self.texts.setdefault(key, trace.id)) != trace.id or same in self.ids:
                return same
        given = trace.id
        if trace.id in self.ids:
            trace.id = f"{given}#{name}"
        if trace.id in self.ids:
            raise ValueError(f"a second trace with the id {trace.id!r}")
        if beside:
            trace.params = {**beside, **trace.params}
        self.ids.add(trace.id)
        if not trace.id.startswith(f"{trace.problem_id}#"):
            self.named[trace.id] = name
        self.data.traces.append(trace)
        return trace.id

    def merge(self, part: Data, bad: BadRows) -> None:
        """Data of other rows of the same problems; what does not go together is counted with its reason."""
        traces = part.by_problem()
        for problem in part.problems:
            its = traces.pop(problem.id, [])
            try:
                self.add(problem, its)
            except ValueError as error:
                for _ in range(max(1, len(its))):
                    bad.add(f"question {problem.question[:40]!r}", error)
        texts = {trace.id: (trace.problem_id, trace.reasoning, trace.answer) for trace in part.traces}
        for pair in part.pairs:
            sides = [name for name in (pair.chosen, pair.rejected) if name in texts]
            names = [self.texts.get(texts[name], name) for name in sides]
            if len(names) == 2 and {*names} <= self.ids:
                self.data.pairs.append(replace(pair, chosen=names[0], rejected=names[1]))

    def finished(self) -> Data:
        """The data, with a mark on problems whose question never came."""
        for problem in self.data.problems:
            if not problem.question and not problem.marks:
                problem.marks = [NO_QUESTION]
        return self.data


@dataclass
class Apart:
    """Collectors of a block's rows: those with another reference than the question's first go to a collector
    of their own. Which reference holds is for the blocks before to say."""

    collectors: list[Collector] = field(default_factory=lambda: [Collector()])

    def add(self, problem: Problem, traces: list[Trace], pair: Pair | None = None, name: str = "") -> None:
        """As `Collector.add`."""
        for collector in self.collectors:
            known = collector.problems.get(problem.id)
            if known is None or known.answer == problem.answer:
                break
        else:
            collector = self.collectors[0]
            if len(self.collectors) < REFERENCES:
                collector = Collector(ids=collector.ids)
                self.collectors.append(collector)
        collector.add(problem, traces, pair, name)


def _alike(question: str, other: str) -> bool:
    from limbeck.texts.questions import normalise

    return normalise(question) == normalise(other)
