"""Rows of several data sets by shares, at a fixed count."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from typing import Any

from limbeck.curation.ops import lot
from limbeck.curation.select._joined import joined
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data
from limbeck.types import CountOrNone, Weight


def mix(
    *data: Data,
    shares: tuple[Weight, ...] = (),
    n: CountOrNone = 0,
    seed: int = 0,
    mark: str = "not_drawn",
    ctx: Context,
) -> Data:
    """Draw ``n`` kept traces from several data sets, a share from each; mark the other ones ``not_drawn``.

    Long with short traces or a strong teacher's with a weak one's (one to four in Mix Distillation, arXiv
    2502.12143), one skill with another: arms of a comparison get the same count of rows. The draw goes by a
    digest of seed and id. Sets may have the same questions: each is drawn first from those that the sets
    before it have not served.

    Args:
        data: a trace is kept where neither it nor its problem bears a mark in its own set, whatever other
            sets say of the problem. One that several sets keep belongs to the first of them; different
            traces with one id both stay.
        shares: a number for each set in ``from``, such as ``[1, 4]`` or ``[0.2, 0.8]``; all alike by
            default. Parts of ``n`` are rounded to whole rows, largest remainder first.
        n: rows in all; 0 takes as many as the shares allow.

    Raises:
        LimbeckError: shares that do not fit the sets, or a set with too few kept traces for its part.
    """
    weights = _weights(shares, len(data))
    whole = joined(data)
    first = {trace.id: number for number, kept in reversed([*enumerate(whole.kept)]) for trace in kept}
    sets = [[trace for trace in kept if first[trace.id] == at] for at, kept in enumerate(whole.kept)]
    have = [len(kept) for kept in sets]
    parts = _parts(n or _enough(weights, have), weights)
    drawn: set[str] = set()
    served: Counter[str] = Counter()
    for number, (kept, part) in enumerate(zip(sets, parts, strict=True), 1):
        if part > len(kept):
            raise LimbeckError(
                f"curation/mix: n={n}: set {number} of {len(sets)} is to give {part:,} rows and keeps "
                f"{len(kept):,}; n={_enough(weights, have)} would do"
            )
        ranks = [(served[trace.problem_id] > 0, lot(seed, trace.id), trace.id) for trace in kept]
        chosen = {key for *_, key in heapq.nsmallest(part, ranks)}
        drawn |= chosen
        served.update(trace.problem_id for trace in kept if trace.id in chosen)
    told = ", ".join(f"{part:,} of {count:,}" for part, count in zip(parts, have, strict=True))
    ctx.log(f"{len(drawn):,} rows on {len(served):,} problems; set by set: {told}")
    return whole.chosen(drawn, mark)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    if given["shares"]:
        _weights(given["shares"], len(given["shares"]))


def _weights(shares: Sequence[float], sets: int) -> list[float]:
    """Shares that add up to 1."""
    if len(shares) not in (0, sets):
        raise LimbeckError(f"curation/mix: shares={list(shares)}: {len(shares)} of them for {sets} data sets")
    if shares and not sum(shares):
        raise LimbeckError(f"curation/mix: shares={list(shares)}: at least one must be above 0")
    return [share / sum(shares) for share in shares] or [1 / sets] * sets


def _parts(n: int, weights: list[float]) -> list[int]:
    """``n`` rows by weights, rounded to whole ones, largest remainder first."""
    exact = [round(n * weight, 9) for weight in weights]  # 0.7 * 10 is 7 and not a little less
    parts = [int(each) for each in exact]
    for at in sorted(range(len(parts)), key=lambda at: parts[at] - exact[at])[: n - sum(parts)]:
        parts[at] += 1
    return parts


def _enough(weights: list[float], have: list[int]) -> int:
    """A count of rows for which every set has its part."""
    wanted = [(count, weight) for count, weight in zip(have, weights, strict=True) if weight]
    n = min(int(count / weight + 1e-9) for count, weight in wanted)
    while any(part > count for part, count in zip(_parts(n, weights), have, strict=True)):
        n -= 1
    return n
