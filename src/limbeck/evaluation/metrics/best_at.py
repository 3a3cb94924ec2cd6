"""What picking the best of k samples by a score gives."""

from __future__ import annotations

from math import comb

from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace

UNIT = "share"


def best_at(problem: Problem, traces: list[Trace], *, k: int, score: str = "confidence") -> float | None:
    """Chance that of ``k`` samples, drawn without replacement, the one with the highest score is right;
    written ``best@k``.

    Exact over all subsets: of n samples in falling order of their scores, the i-th (from 0) is the highest of
    ``C(n - 1 - i, k - 1)`` of the ``C(n, k)`` subsets; equal scores share their places evenly.

    Args:
        score: a name in ``trace.scores``; samples without it come last. A problem none of whose samples has
            it is left out.

    Raises:
        LimbeckError: there are fewer than ``k`` samples.
    """
    n = len(traces)
    if not 1 <= k <= n:
        raise LimbeckError(f"needs {k} samples of every problem, {problem.id!r} has {n}")
    values = [trace.scores.get(score, -float("inf")) for trace in traces]
    if max(values) == -float("inf"):
        return None
    places = sorted(range(n), key=lambda at: -values[at])
    won, start = 0.0, 0
    while start < n:
        stop = start
        while stop < n and values[places[stop]] == values[places[start]]:
            stop += 1
        right = sum(traces[at].outcome == "correct" for at in places[start:stop])
        won += right * sum(comb(n - 1 - at, k - 1) for at in range(start, stop)) / (stop - start)
        start = stop
    return min(1.0, won / comb(n, k))
