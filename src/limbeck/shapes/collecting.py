"""Data under construction: problems by id, traces under ids of their own, texts that pairs share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from limbeck.records import Data, Pair, Problem, Trace
from limbeck.tables import BadRows
from limbeck.texts.messages import context_of
from limbeck.texts.questions import normalise

PREFERENCE = "preference"
"""The verifier that verdicts of pairs name: being chosen, being rejected."""
REFERENCES = 8
"""References of one question that a block keeps apart; rows with more are at odds with the first."""
LACKS = "\0lacks"
"""In the ``params`` of a block's traces: what the question's first row in the block says of it and theirs
does not. Where an earlier block has another first row, it tells what theirs is not to be given."""
NO_QUESTION = "no_question"
"""The mark of a problem of which only answers came."""


@dataclass
class Collector:
    """Takes records in the order of rows; what does not go together with what is there is a ValueError.

    ``named`` holds the ids that rows brought for their traces, with the names of the rows. With ``in_block``
    it collects a part of a stream, whose traces tell what their rows lack; ``lacking`` says whether some do.
    """

    data: Data = field(default_factory=Data)
    problems: dict[str, Problem] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    named: dict[str, str] = field(default_factory=dict)
    texts: dict[tuple[str, str, str], str] = field(default_factory=dict)
    in_block: bool = False
    lacking: bool = False

    def add(self, problem: Problem, traces: list[Trace], pair: Pair | None = None, name: str = "") -> None:
        """A row's problem with its traces and its pair.

        Args:
            name: of the row, put behind ids that are taken.

        Raises:
            ValueError: the problem is known with another reference or behind other turns.
        """
        beside = self._add_problem(problem)
        known = self.problems[problem.id]
        renamed: dict[str, str] = {}
        for trace in traces:
            if known is not problem:
                trace.params = _apart(beside | trace.params, _told(known))
            renamed[trace.id] = self._add_trace(trace, name)
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
        told, known_of_it = _told(problem), _told(known)
        beside = {key: it for key, it in told.items() if key not in known_of_it or known_of_it[key] != it}
        if self.in_block and (lacks := [key for key in known_of_it if key not in told]):
            beside[LACKS] = lacks
            self.lacking = True
        return beside

    def _add_trace(self, trace: Trace, name: str) -> str:
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
                self._add_problem(problem)
                known = self.problems[problem.id]
                for trace in its:
                    if known is not problem:
                        trace.params = _beside(trace.params, _told(problem), _told(known))
                    self._add_trace(trace, "")
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

    collectors: list[Collector] = field(default_factory=lambda: [Collector(in_block=True)])

    def add(self, problem: Problem, traces: list[Trace], pair: Pair | None = None, name: str = "") -> None:
        """As `Collector.add`."""
        for collector in self.collectors:
            known = collector.problems.get(problem.id)
            if known is None or known.answer == problem.answer:
                break
        else:
            collector = self.collectors[0]
            if len(self.collectors) < REFERENCES:
                collector = Collector(ids=collector.ids, in_block=True)
                self.collectors.append(collector)
        collector.add(problem, traces, pair, name)


def _told(problem: Problem) -> dict[str, Any]:
    """What rows may say differently of one question."""
    return {**problem.meta, "source": problem.source} if problem.source else problem.meta


def _beside(params: dict[str, Any], first: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """A trace's ``params`` as they are where the question's first row told ``known`` and not ``first``."""
    lacks = params.get(LACKS, ())
    row = {**{key: value for key, value in first.items() if key not in lacks}, **params}
    return _apart(row, known)


def _apart(params: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """What of ``params`` the question does not say already; which response of its row a trace is stays."""
    return {key: it for key, it in params.items() if key == "index" or key not in known or known[key] != it}


def _alike(question: str, other: str) -> bool:
    return normalise(question) == normalise(other)
