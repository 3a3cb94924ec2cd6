"""Pseudo-references: what most of a problem's traces answer stands in for the answer nobody has."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace


def majority(
    data: Data,
    *,
    share: float = 0.5,
    least: int = 3,
    models: tuple[str, ...] = (),
    keep: bool = False,
    ctx: Context,
) -> Data:
    """Set each problem's answer to the one that most of its traces give; without agreement mark it
    ``no_majority``.

    Reward distillation's pseudo-label (arXiv 2502.19557). Traces with another mark than ``wrong``, or without
    an answer, do not vote. Numbers are compared as numbers (``$1,000`` is ``1000.0``), other answers as text;
    the answer set is the commonest spelling. A tie is no majority. What the source gave as the answer is kept
    in ``meta["gold"]``, so that the agreement can be told, and a verifier run on the result judges by the
    pseudo-label alone.

    Args:
        share: of the votes that the answer needs.
        least: fewest votes.
        models: whose traces vote; empty means everybody's.
        keep: leave problems that have an answer as they are.

    Returns:
        The data; ``meta["agreement"]`` is the share, ``meta["votes"]`` their number. Verdicts of the traces
        stay.

    Raises:
        LimbeckError: a share or number of votes out of range.
    """
    if not 0 <= share <= 1 or least < 1:
        raise LimbeckError(
            f"curation/majority: share={share}, least={least}: a share from 0 to 1 of at least one vote"
        )
    traces = data.by_problem()
    problems = []
    for problem in data.problems:
        if not problem.marks and not (keep and problem.answer):
            problem = _labelled(problem, traces.get(problem.id, []), share, least, models)
        problems.append(problem)
    agreed = [problem for problem in problems if "agreement" in problem.meta and not problem.marks]
    known = [problem for problem in agreed if problem.meta["gold"] is not None]
    if known:
        right = sum(_value(problem.answer or "") == _value(str(problem.meta["gold"])) for problem in known)
        ctx.log(
            f"the majority is the source's answer in {right:,} of {len(known):,} problems "
            f"({right / len(known):.1%})"
        )
    return Data(problems, data.traces, data.pairs)


def _labelled(
    problem: Problem, traces: list[Trace], share: float, least: int, models: tuple[str, ...]
) -> Problem:
    voting = [trace for trace in traces if trace.answer.strip() and {*trace.marks} <= {"wrong"}]
    spelt = Counter(trace.answer.strip() for trace in voting if not models or trace.model in models)
    votes: Counter[object] = Counter()
    for spelling, count in spelt.items():
        votes[_value(spelling)] += count
    total = votes.total()
    ranked = votes.most_common(2)
    agreed = ranked[0][1] / total if total else 0.0
    meta = {**problem.meta, "gold": problem.answer, "agreement": agreed, "votes": total}
    tied = len(ranked) == 2 and ranked[0][1] == ranked[1][1]
    if total < least or agreed < share or tied:
        return marked(replace(problem, answer=None, meta=meta), "no_majority")
    chosen = next(spelling for spelling, _ in spelt.most_common() if _value(spelling) == ranked[0][0])
    return replace(problem, answer=chosen, meta=meta)


def _value(answer: str) -> object:
    try:
        return float(answer.replace(",", "").strip("$ "))
    except ValueError:
        return answer.strip()
