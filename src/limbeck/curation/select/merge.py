"""Several sources as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from limbeck.curation.select._joined import both, in_order
from limbeck.errors import LimbeckError
from limbeck.pipeline.store import SHARD_PROBLEMS
from limbeck.records import Data, Pair, Problem, Trace
from limbeck.types import Shards


def merge(*data: Shards) -> Iterator[Data]:
    """Join data sets: traces of a problem that several of them have come together under one problem.

    The first data set's version of a problem stays, with ``meta`` keys that only others know added. A problem
    whose sources give different reference answers is marked ``answer_conflict`` and keeps them in
    ``meta["answers_given"]``. Equal traces and pairs that come twice are kept once.

    Sets are read twice. Held in memory are the ids of problems and traces, about 110 bytes each, and whatever
    of a problem stands in another set than the first that has it.

    Raises:
        LimbeckError: two different traces bear the same id.
    """
    index = _Index()
    for number, shards in enumerate(data):
        for shard in shards:
            index.read(number, shard)
    if len(index.first) <= SHARD_PROBLEMS:
        yield _whole([shards.all() for shards in data])
        return
    part = Data()
    for number, shards in enumerate(data):
        for shard in shards:
            for copies in index.of(number, shard):
                if len(part.problems) == SHARD_PROBLEMS:
                    yield part
                    part = Data()
                whole = _whole(copies)
                part.problems += whole.problems
                part.traces += whole.traces
                part.pairs += whole.pairs
    left = _whole([copy.data for copies in index.held.values() for copy in copies])
    yield Data.join([part, left])


class _Copy(NamedTuple):
    """What one set has of a problem."""

    number: int
    data: Data


class _Index:
    """Which set has a problem first, and what is to be joined with what stands there.

    Attributes:
        first: number of the set, by problem id.
        held: what other sets have of it, and traces and pairs whose problem stands elsewhere or nowhere.
        owner: a hash of the problem's id by a hash of the trace's.
    """

    def __init__(self) -> None:
        self.first: dict[str, int] = {}
        self.held: dict[str, list[_Copy]] = {}
        self.owner: dict[int, int] = {}

    def read(self, number: int, shard: Data) -> None:
        """Take a shard of a set in, later ones behind earlier ones.

        Raises:
            LimbeckError: two problems have traces of the same id.
        """
        for trace in shard.traces:
            owner = hash(trace.problem_id)
            if self.owner.setdefault(hash(trace.id), owner) != owner:
                raise _twice(trace)
        for key, part in _by_problem(shard).items():
            if not part.problems or key in self.first:
                self.held.setdefault(key, []).append(_Copy(number, part))
            else:
                self.first[key] = number

    def of(self, number: int, shard: Data) -> Iterator[list[Data]]:
        """Of each problem that a set is the first to have, what all sets have, in their order."""
        for key, part in _by_problem(shard).items():
            if part.problems and self.first[key] == number:
                copies = [*self.held.pop(key, []), _Copy(number, part)]
                yield [copy.data for copy in sorted(copies, key=lambda copy: copy.number)]


def _by_problem(shard: Data) -> dict[str, Data]:
    """A shard's records problem by problem, in order; at the end those of problems that it does not have."""
    parts: dict[str, Data] = defaultdict(Data)
    for problem in shard.problems:
        parts[problem.id].problems.append(problem)
    for trace in shard.traces:
        parts[trace.problem_id].traces.append(trace)
    for pair in shard.pairs:
        parts[pair.problem_id].pairs.append(pair)
    return parts


def _whole(data: list[Data]) -> Data:
    """Data sets in memory as one."""
    problems: dict[str, Problem] = {}
    traces: dict[str, Trace] = {}
    pairs: dict[tuple[str, str, str], Pair] = {}
    for part in data:
        for problem in part.problems:
            known = problems.get(problem.id)
            problems[problem.id] = problem if known is None else both(known, problem)
        for trace in part.traces:
            if traces.setdefault(trace.id, trace) != trace:
                raise _twice(trace)
        for pair in part.pairs:
            pairs.setdefault((pair.problem_id, pair.chosen, pair.rejected), pair)
    return Data(list(problems.values()), in_order(problems, traces.values()), list(pairs.values()))


def _twice(trace: Trace) -> LimbeckError:
    return LimbeckError(f"two different traces have the id {trace.id!r}; they cannot be merged")
