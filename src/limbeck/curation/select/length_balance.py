"""Balance lengths, so that neither long chains nor long preferred ones are the rule."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from statistics import median_low
from typing import Literal

from msgspec.structs import replace

from limbeck.pipeline.context import Context
from limbeck.ranks import rank_correlation
from limbeck.records import Data, Pair, Trace
from limbeck.texts.steps import Cutting, steps_of
from limbeck.types import Count, Shards

MARK = "length_balance"


def length_balance(
    shards: Shards,
    *,
    unit: Literal["thoughts", "characters"] = "thoughts",
    width: Count = 1,
    what: Literal["both", "traces", "pairs"] = "both",
    cutting: Cutting = Cutting(),
    seed: int = 0,
    ctx: Context,
) -> Iterator[Data]:
    """Mark what is one too many of its length (Thoughts Length Balance of Marco-o1 v2, arXiv 2503.01461).

    Traces without a mark are put into bins by their length; a bin keeps as many as the median bin has. Pairs
    are put into bins by how much longer the chosen trace is: of those where it is longer by so much, as many
    are kept as of those where it is shorter by so much, and all of equal length. Over the pairs that are left
    length says nothing of preference.

    Args:
        unit: of length: thoughts, which are steps as ``cutting`` cuts them, or in characters.
        width: of a bin, in these. Within a bin lengths may still differ.

    Returns:
        The shards, surplus traces and pairs marked ``length_balance``. The log tells Spearman's rho between a
        trace's length and its being preferred, before and after.
    """

    def length(trace: Trace) -> int:
        if unit == "characters":
            return len(trace.reasoning) + len(trace.answer)
        return len(steps_of(trace, cutting)[1])

    traces: dict[int, list[str]] = defaultdict(list)
    pairs: dict[int, dict[tuple[str, str], tuple[int, int]]] = defaultdict(dict)
    for data in shards:
        for trace in data.kept() if what != "pairs" else []:
            traces[length(trace) // width].append(trace.id)
        known = data.trace_by_id()
        for pair in data.kept_pairs() if what != "traces" else []:
            if pair.chosen in known and pair.rejected in known:
                both = length(known[pair.chosen]), length(known[pair.rejected])
                pairs[_bin(both[0] - both[1], width)][_key(pair)] = both
    surplus = _surplus_traces(traces, seed)
    kept = _kept_pairs(pairs, seed)
    for data in shards:
        balanced = [_marked(trace, trace.id in surplus) for trace in data.traces]
        of_pairs = {_key(pair) for pair in data.kept_pairs()} if what != "traces" else set()
        told = [replace(pair, marks=[*pair.marks, MARK]) if _key(pair) in of_pairs - kept else pair
                for pair in data.pairs]  # fmt: skip
        yield Data(data.problems, balanced, told)
    if traces:
        ctx.log(
            f"{len(surplus):,} of {sum(map(len, traces.values())):,} traces are one too many of their length"
        )
    if pairs:
        every = {key: both for bin_ in pairs.values() for key, both in bin_.items()}
        left = [both for key, both in every.items() if key in kept]
        ctx.log(
            f"{len(left):,} of {len(every):,} pairs are kept; rho of length and preference "
            f"{preference([*every.values()]):+.3f}, of these {preference(left):+.3f}"
        )


def preference(lengths: list[tuple[int, int]]) -> float:
    """Spearman's rho between length and being preferred, over both traces of pairs given as (chosen's,
    rejected's) lengths."""
    both = [length for pair in lengths for length in pair]
    return rank_correlation(both, [1.0, 0.0] * len(lengths))


def _key(pair: Pair) -> tuple[str, str]:
    return pair.chosen, pair.rejected


def _bin(difference: int, width: int) -> int:
    """Symmetric bins: 0 is no difference, then so many either way."""
    return -(-difference // width) if difference > 0 else difference // width


def _marked(trace: Trace, surplus: bool) -> Trace:
    return replace(trace, marks=[*trace.marks, MARK]) if surplus else trace


def _surplus_traces(bins: dict[int, list[str]], seed: int) -> set[str]:
    most = median_low([len(names) for names in bins.values()]) if bins else 0
    surplus: set[str] = set()
    for place, names in bins.items():
        surplus |= {*random.Random(f"{seed}/{place}").sample(names, max(0, len(names) - most))}
    return surplus


def _kept_pairs(bins: dict[int, dict[tuple[str, str], tuple[int, int]]], seed: int) -> set[tuple[str, str]]:
    kept: set[tuple[str, str]] = set()
    for place, pairs in bins.items():
        most = min(len(pairs), len(bins.get(-place, {})))
        kept |= {*random.Random(f"{seed}/{place}").sample([*pairs], most)}
    return kept
