"""Several data sets as one: their problems, and which traces each of them keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.records import Data, Problem, Trace


@dataclass
class Joined:
    """Several data sets, for a method that chooses among what they keep.

    Attributes:
        data: all of them. A trace bears no mark where a set keeps it; else its marks, and those of its
            problem where another set keeps that.
        kept: for each set, the traces that it keeps.
    """

    data: Data
    kept: list[list[Trace]]

    def chosen(self, ids: set[str], mark: str) -> Data:
        """The data with every trace marked that a set keeps and that is not among ``ids``."""
        left = {trace.id for part in self.kept for trace in part} - ids
        traces = [marked(trace, mark) if trace.id in left else trace for trace in self.data.traces]
        return Data(self.data.problems, traces, self.data.pairs)


def joined(parts: Sequence[Data]) -> Joined:
    """Data sets as one, with what each of them keeps.

    Sets may be made of the same problems and traces by different marks: what one of them keeps is kept. Of
    different traces with one id all stay; a number behind ``@`` tells later ones apart.
    """
    parts = _told_apart(parts)
    copies: dict[str, list[Problem]] = defaultdict(list)
    for part in parts:
        for problem in part.problems:
            copies[problem.id].append(problem)
    problems = {key: _whole(each) for key, each in copies.items()}
    out = {key for key, problem in problems.items() if problem.marks}
    kept = [[trace for trace in part.kept() if trace.problem_id not in out] for part in parts]
    somewhere = {trace.id for traces in kept for trace in traces}
    traces: dict[str, Trace] = {}
    for part in parts:
        # Another set keeps the problem: what was said against it here is said against its traces.
        dropped = {each.id: each.marks for each in part.problems if not all(p.marks for p in copies[each.id])}
        for trace in part.traces:
            reasons = [*trace.marks, *dropped.get(trace.problem_id, ())]
            known = traces.get(trace.id, trace)
            traces[trace.id] = replace(known, marks=[]) if trace.id in somewhere else marked(known, *reasons)
    pairs = {(pair.problem_id, pair.chosen, pair.rejected): pair for part in parts for pair in part.pairs}
    whole = Data(list(problems.values()), in_order(problems, traces.values()), list(pairs.values()))
    return Joined(whole, kept)


def in_order(problems: Iterable[str], traces: Iterable[Trace]) -> list[Trace]:
    """Traces in the order of their problems, those of one problem as they come."""
    order = {problem_id: place for place, problem_id in enumerate(problems)}
    return sorted(traces, key=lambda trace: order.get(trace.problem_id, len(order)))


def both(first: Problem, other: Problem) -> Problem:
    """One problem of two versions: marks of both, and ``answer_conflict`` where their answers differ."""
    meta = {**other.meta, **first.meta}
    joined = replace(
        marked(first, *other.marks),
        meta=meta,
        answer=first.answer if first.answer is not None else other.answer,
    )
    if first.answer is None or other.answer is None or _value(first.answer) == _value(other.answer):
        return joined
    given = list(dict.fromkeys([*first.meta.get("answers_given", [first.answer]), other.answer]))
    return marked(replace(joined, meta={**meta, "answers_given": given}), "answer_conflict")


def _value(answer: str) -> object:
    try:
        return float(answer.replace(",", "").strip("$ "))
    except ValueError:
        return answer.strip()


def _told_apart(parts: Sequence[Data]) -> list[Data]:
    """The sets with an id for each trace; traces that differ in nothing but marks are one."""
    known: dict[str, Trace] = {}
    made = []
    for part in parts:
        new: dict[str, str] = {}
        for trace in part.traces:
            bare, name, again = replace(trace, marks=[]), trace.id, 2
            while name in known and replace(bare, id=name) != known[name]:
                name, again = f"{trace.id}@{again}", again + 1
            known[name] = replace(bare, id=name)
            if name != trace.id:
                new[trace.id] = name
        made.append(_renamed(part, new) if new else part)
    return made


def _renamed(part: Data, new: dict[str, str]) -> Data:
    def name(trace_id: str) -> str:
        return new.get(trace_id, trace_id)

    def renamed(trace: Trace) -> Trace:
        return replace(trace, id=name(trace.id), parents=[name(parent) for parent in trace.parents])

    pairs = [replace(each, chosen=name(each.chosen), rejected=name(each.rejected)) for each in part.pairs]
    return Data(part.problems, [renamed(trace) for trace in part.traces], pairs)


def _whole(copies: list[Problem]) -> Problem:
    """A problem of all its versions; it bears their marks where no set keeps it."""
    unmarked = any(not problem.marks for problem in copies)
    return reduce(both, (replace(problem, marks=[]) if unmarked else problem for problem in copies))
