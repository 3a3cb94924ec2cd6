"""Problems that a benchmark has too, however they are put."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from limbeck import embedding
from limbeck.curation.ops import marked
from limbeck.leaks import Benchmarks, Looking
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem

SHOWN = 3
"""Items that a problem notes."""


def leaked(data: Data, against: Data, *, looking: Looking = Looking(), ctx: Context) -> Data:
    """Mark problems ``leaked`` that repeat an item of an evaluation set, to the letter or changed.

    `curation/decontaminate` marks by word n-grams alone; this one looks for the same letters, the same with
    other numbers, long runs of words, nearly the same letters, or vectors, and keeps in
    ``meta["leaked_from"]`` beside which items a problem stands (benchmark, id, question, how, similarity),
    which the page of a set shows side by side. Exact matches with other numbers are how benchmarks come back
    reworded (GSM1k, arXiv 2405.00332; LMSYS's decontaminator, arXiv 2311.04850).

    Args:
        against: evaluation problems; join several sets with `curation/merge`. Their traces do not matter.

    Raises:
        LimbeckError: no evaluation problem, or what makes vectors is not there.
    """
    benchmarks = Benchmarks(against.problems, looking)
    counts = dict.fromkeys(looking.by, 0)
    problems = []
    for problem, leaks in zip(data.problems, benchmarks.look(data.problems), strict=True):
        problems.append(_noted(problem, [leak.as_dict() for leak in leaks[:SHOWN]]))
        if leaks:
            counts[leaks[0].how] += 1
    if any(counts.values()):
        ctx.log(f"leaked: {', '.join(f'{count:,} by {how}' for how, count in counts.items() if count)}")
    return Data(problems, data.traces, data.pairs)


def _noted(problem: Problem, items: list[dict[str, Any]]) -> Problem:
    if not items:
        return problem
    return marked(replace(problem, meta={**problem.meta, "leaked_from": items}), "leaked")


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    looking = Looking.of(given)
    if "vectors" in looking.by:
        embedding.check(looking.vectors, "curation/leaked")
