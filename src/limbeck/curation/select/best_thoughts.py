"""The next round's training set: of verified traces the longer thoughts, those of harder problems first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.types import Shards

SOLVED = ("correct", "wrong", "unparsed")
"""Outcomes that say how hard a problem is."""


def best_thoughts(
    shards: Shards,
    *,
    per_problem: int = 1,
    n: int = 0,
    perplexity: str = "perplexity",
    mark: str = "outranked",
    ctx: Context,
) -> Iterator[Data]:
    """Keep the best correct traces of each problem and mark the others ``outranked`` (STILL-2, arXiv
    2412.09413).

    The paper's heuristics, for a model that is to think for longer: within a problem longer thoughts go
    before shorter ones, then those the model finds likelier; among all, those of harder problems, by the
    share of attempts that were right. Traces that are not correct or bear a mark are left as they are and
    count for how hard their problem is.

    Args:
        per_problem: most traces of a problem; 0 for no limit.
        n: most traces of the whole set; 0 for no limit.
        perplexity: the score by which equals are ranked, of `curation/perplexity`, where traces have it.

    Raises:
        LimbeckError: a number below 0.
    """
    _check(per_problem, n)
    rates = {key: rate for data in shards for key, rate in _rates(data).items()}
    ranked = []
    for data in shards:
        for place, trace in _within(data, perplexity):
            if not per_problem or place < per_problem:
                ranked.append((rates[trace.problem_id], place, _order(trace, perplexity), trace.id))
    # A problem's second trace comes after the first ones of all problems that are as hard.
    kept = {entry[-1] for entry in (sorted(ranked)[:n] if n else ranked)}
    writers = Counter({trace.model: 0 for data in shards for trace in data.traces if trace.outcome in SOLVED})
    writers.update(trace.model for data in shards for trace in data.traces if trace.id in kept)
    told = ", ".join(f"{count:,} by {writer or 'nobody known'}" for writer, count in writers.items())
    # A round that brings nothing stands there with 0.
    ctx.log(f"{len(kept):,} traces of {len(rates):,} problems that were tried are kept: {told}")
    for data in shards:
        correct = {trace.id for _, trace in _within(data, perplexity)}
        traces = [marked(trace, mark) if trace.id in correct - kept else trace for trace in data.traces]
        yield Data(data.problems, traces, data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    _check(given["per_problem"], given["n"])


def _check(per_problem: int, n: int) -> None:
    if per_problem < 0 or n < 0:
        raise LimbeckError(f"curation/best_thoughts: per_problem={per_problem}, n={n}: 0 is no limit")


def _rates(data: Data) -> dict[str, float]:
    """The share of right attempts, of every problem that was tried."""
    tried = Counter(trace.problem_id for trace in data.traces if trace.outcome in SOLVED)
    right = Counter(trace.problem_id for trace in data.traces if trace.outcome == "correct")
    return {key: right[key] / count for key, count in tried.items()}


def _within(data: Data, perplexity: str) -> list[tuple[int, Trace]]:
    """Kept correct traces with their rank among their problem's."""
    places: Counter[str] = Counter()
    ranked = []
    right = (trace for trace in data.kept() if trace.outcome == "correct")
    for trace in sorted(right, key=lambda trace: _order(trace, perplexity)):
        ranked.append((places[trace.problem_id], trace))
        places[trace.problem_id] += 1
    return ranked


def _order(trace: Trace, perplexity: str) -> tuple[int, float]:
    """Longer first, then likelier."""
    length = trace.tokens if trace.tokens is not None else len(trace.reasoning)
    return -length, trace.scores.get(perplexity, 0.0)
