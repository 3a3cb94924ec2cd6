"""Traces as verbose as they are difficult."""

from __future__ import annotations

import itertools
import math
import random
from bisect import bisect_right
from typing import Any, Literal

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.records import Data, Trace
from limbeck.types import CountOrNone

FIXED = {"low": 2.0, "medium": 5.0, "high": 8.0}
UNMATCHED, TOO_HARD, UNRATED = "unmatched", "too_hard", "unrated"


def matched_verbosity(
    data: Data,
    *,
    per_problem: CountOrNone = 1,
    target: Literal["matched", "low", "medium", "high", "random", "longest"] = "matched",
    bins: tuple[float, ...] = (3.0, 6.0),
    hardest: float = 9.0,
    seed: int = 0,
) -> Data:
    """Keep of each problem the traces whose verbosity is nearest to what their difficulty asks for.

    OmniThought, arXiv 2505.10937, section 4. ``matched`` wants a verbosity of 2 in the lowest bin of
    difficulty and 8 in the highest, evenly between; EasyDistill's mixer aims at 2, 6 and 10, the last of
    which lies beyond the scale, and caps bins, not problems. The other targets are controls at as many rows.

    Args:
        data: kept traces rated by `curation/verbosity`.
        per_problem: traces that stay of each problem; 0 for all that are not too hard.
        target: ``low``, ``medium`` and ``high`` want 2, 5 and 8 everywhere; ``random`` draws, ``longest``
            takes the longest text.
        bins: inner borders of the bins of difficulty, rising.
        hardest: traces of a higher difficulty are more than the student can absorb.

    Returns:
        The data; a trace is marked ``too_hard``, or ``unmatched`` where others of its problem fit better, or
        ``unrated`` where a score is missing or no number.

    Raises:
        LimbeckError: borders that do not rise.
    """
    _check(bins)
    marks: dict[str, str] = {}
    groups: dict[str, list[Trace]] = {}
    for trace in data.kept():
        difficulty = trace.scores.get("difficulty", math.nan)
        if math.isnan(difficulty) or math.isnan(trace.scores.get("verbosity", math.nan)):
            marks[trace.id] = UNRATED
        elif difficulty > hardest:
            marks[trace.id] = TOO_HARD
        else:
            groups.setdefault(trace.problem_id, []).append(trace)
    for traces in groups.values():
        ranked = sorted(traces, key=lambda trace: _distance(trace, target, bins, seed))
        marks |= {trace.id: UNMATCHED for trace in ranked[per_problem or len(ranked) :]}
    traces = [marked(trace, marks[trace.id]) if trace.id in marks else trace for trace in data.traces]
    return Data(data.problems, traces, data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(given["bins"])


def _check(bins: tuple[float, ...]) -> None:
    if any(a >= b for a, b in itertools.pairwise(bins)):
        raise LimbeckError(f"curation/matched_verbosity: bins={list(bins)}: borders must rise")


def _distance(trace: Trace, target: str, bins: tuple[float, ...], seed: int) -> float:
    """How far a trace is from what is wanted; the nearest stay."""
    if target == "random":
        return random.Random(f"{seed}/{trace.id}").random()
    if target == "longest":
        return -float(len(trace.reasoning) + len(trace.answer))
    wanted = FIXED.get(target)
    if wanted is None:
        place = bisect_right(bins, trace.scores["difficulty"])
        wanted = FIXED["low"] + (FIXED["high"] - FIXED["low"]) * place / max(len(bins), 1)
    return abs(trace.scores["verbosity"] - wanted)
