"""A right and a wrong trace of one problem, contrasted."""

from __future__ import annotations

import random
from itertools import islice, product
from typing import Literal

from limbeck.errors import LimbeckError
from limbeck.records import Data, Pair, Trace

MAKES_PAIRS = True


def pairs(
    data: Data,
    *,
    per_problem: int = 1,
    choose: Literal["first", "all", "shortest", "random"] = "first",
    seed: int = 0,
) -> Data:
    """Pair correct with wrong traces of each problem.

    Chosen is a correct trace without a mark; ``not_first`` does not count, it only keeps a trace out of
    one-per-problem supervised training. Rejected is a wrong trace that bears no mark but ``wrong``: no
    truncated one, no duplicate. A problem with a mark gets no pair. ``first`` with one per problem is REDI's
    rule (arXiv 2505.24850, section 3); the rejected trace need not come before the chosen one.

    Args:
        per_problem: at most so many pairs of a problem; 0 means no limit.
        choose: which traces meet. ``first`` in order of index, ``shortest`` shortest first, ``random`` in an
            order drawn from the seed and the problem's id: the i-th of one side meets the i-th of the other,
            the shorter side starts over, until the longer side is used up. ``all`` is every chosen with every
            rejected one.

    Returns:
        The data with these pairs added.

    Raises:
        LimbeckError: ``per_problem`` is negative.
    """
    if per_problem < 0:
        raise LimbeckError(f"per_problem={per_problem}: give 0 (no limit) or more")
    groups = data.by_problem()
    made: list[Pair] = []
    for problem in data.problems:
        if problem.marks:
            continue
        traces = groups.get(problem.id, [])
        chosen = [t for t in traces if t.outcome == "correct" and {*t.marks} <= {"not_first"}]
        rejected = [t for t in traces if t.outcome == "wrong" and {*t.marks} <= {"wrong", "not_first"}]
        if choose == "random":
            rng = random.Random(f"{seed}/{problem.id}")
            rng.shuffle(chosen)
            rng.shuffle(rejected)
        elif choose == "shortest":
            chosen.sort(key=_length)
            rejected.sort(key=_length)
        if choose == "all":
            matches = list(product(chosen, rejected))
        else:
            longer = max(len(chosen), len(rejected)) if chosen and rejected else 0
            matches = [(chosen[i % len(chosen)], rejected[i % len(rejected)]) for i in range(longer)]
        for right, wrong in islice(matches, per_problem or None):
            made.append(Pair(problem_id=problem.id, chosen=right.id, rejected=wrong.id))
    return Data(data.problems, data.traces, [*data.pairs, *made])


def _length(trace: Trace) -> int:
    return trace.tokens if trace.tokens is not None else len(trace.reasoning) + len(trace.answer)
