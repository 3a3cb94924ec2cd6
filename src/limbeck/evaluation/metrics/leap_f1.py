"""How well missing steps are placed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from limbeck.records import Problem, Trace
from limbeck.texts.leaps import MISSING, read
from limbeck.texts.traces import full_text

UNIT = "score"


def leap_f1(problem: Problem, traces: list[Trace], *, missing: str = MISSING) -> tuple[int, int] | None:
    """F1 over all problems of the places at which a bridge puts steps in, for those of `curation/leap_tasks`
    (CoT-Bridge, arXiv 2505.14684).

    Args:
        missing: how a missing step is told, as the tasks were made with.

    Returns:
        Of a problem's samples, how many places are right, and how many were named and are to be named.
    """
    if "leaps" not in problem.meta:
        return None
    right = total = 0
    for trace in traces:
        leaps = read(full_text(trace), problem.meta["steps"], missing)
        named, wanted = Counter(leap.before for leap in leaps), Counter(problem.meta["leaps"])
        right += (named & wanted).total()
        total += named.total() + wanted.total()
    return right, total


def combine(parts: Sequence[tuple[int, int]]) -> list[float]:
    """A problem's share in the F1, of which the mean is the F1; 1 where nothing was missing or named."""
    total = sum(each for _, each in parts)
    return [2 * right * len(parts) / total if total else 1.0 for right, _ in parts]
