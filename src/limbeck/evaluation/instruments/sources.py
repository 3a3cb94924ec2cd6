"""What traces of different writers are like, on the same problems: lengths, their spread, and difficulty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation.samples import benchmark_of, like, stored
from limbeck.pipeline.context import Context
from limbeck.ranks import ranks
from limbeck.records import Data, Problem, Result, Results, Trace
from limbeck.texts.traces import full_text

DRAWS = 1000
UNITS = {"correct": "share", "length_difficulty": "score"}
"""Of those measures that are no lengths."""


@dataclass(frozen=True)
class Source:
    """One writer's traces: which are right, how many characters they have, and the standardised ranks of
    these lengths and of their problems' difficulties; an entry for each trace."""

    right: np.ndarray
    lengths: np.ndarray
    longer: np.ndarray
    harder: np.ndarray


MEASURES: dict[str, Callable[[Source, np.ndarray], float]] = {
    "correct": lambda source, rows: float(source.right[rows].mean()),
    "length": lambda source, rows: float(source.lengths[rows].mean()),
    "length_spread": lambda source, rows: float(source.lengths[rows].std()),
    "length_difficulty": lambda source, rows: _pearson(source.longer[rows], source.harder[rows]),
}
"""Of the traces in ``rows``, whose ranks are those among all."""


def sources(
    data: Data,
    *,
    difficulty: str,
    writer: str = "",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Compare teachers by the kept traces they wrote, with 95% intervals over traces (bootstrap).

    What tells one correct source from another before a student is trained (arXiv 2505.14464): whether lengths
    follow difficulty or are all alike. Lengths are characters, for teachers count their own tokens. How
    likely a student finds the text is `evaluation/text_loss` on each source.

    Args:
        data: traces of several writers, verified; marked ones do not count.
        difficulty: the number in a problem's ``meta`` that is larger for a harder one; ``pass_rate``
            (`curation/pass_rate`) counts the other way round.
        writer: only this one, for a claim; empty takes all.
        benchmark: one name for all; by default source and split of the first problem.

    Returns:
        For each writer ``correct``, ``length``, ``length_spread`` (standard deviation) and
        ``length_difficulty`` (Spearman's correlation; 0 where either does not vary). Each trace has
        ``scores["length_difficulty"]``, the product of both standardised ranks; their mean is the measure.

    Raises:
        LimbeckError: no kept trace, an unknown writer, or a problem without that number.
    """
    problems, kept = data.problem_by_id(), data.kept()
    writers = list(dict.fromkeys(trace.model for trace in kept))
    if not kept:
        raise LimbeckError(f"evaluation/sources: none of {len(data.traces):,} traces is free of marks")
    if writer and writer not in writers:
        raise LimbeckError(f"evaluation/sources: no kept trace is by {writer!r}{nearest(writer, writers)}")
    where, results, read = benchmark or benchmark_of(data.problems[0]), list[Result](), list[Trace]()
    for name in [writer] if writer else writers:
        traces = [trace for trace in kept if trace.model == name]
        hard = [_difficulty(problems[trace.problem_id], difficulty) for trace in traces]
        lengths = np.array([len(full_text(trace)) for trace in traces], float)
        right = np.array([trace.outcome == "correct" for trace in traces], float)
        source = Source(right, lengths, _ranked(lengths), _ranked(np.array(hard)))
        results += _rows(source, replace(like(name, [seed]), benchmark=where), seed)
        products = zip(traces, source.longer * source.harder, strict=True)
        read += [_scored(stored(trace, where), float(product)) for trace, product in products]
    ctx.log(f"{len(kept):,} traces of {len(writers):,} writers on {len(data.problems):,} problems")
    return Results(results, Data(data.problems, read))


def _difficulty(problem: Problem, key: str) -> float:
    value = problem.meta.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        hint = nearest(key, problem.meta)
        raise LimbeckError(
            f"evaluation/sources: problem {problem.id}: meta[{key!r}] is {value!r}, no number{hint}"
        )
    return 1 - value if key == "pass_rate" else float(value)


def _pearson(first: np.ndarray, second: np.ndarray) -> float:
    spread = first.std() * second.std()
    return float(((first - first.mean()) * (second - second.mean())).mean() / spread) if spread else 0.0


def _ranked(values: np.ndarray) -> np.ndarray:
    """Mean ranks with mean 0 and standard deviation 1; zeros where all values are equal."""
    places = ranks(values)
    spread = places.std()
    return (places - places.mean()) / spread if spread else np.zeros(len(values))


def _rows(source: Source, common: Result, seed: int) -> list[Result]:
    n = len(source.lengths)
    rng, whole, rows = np.random.default_rng(seed), np.arange(n), list[Result]()
    drawn = [[measure(source, draw) for measure in MEASURES.values()] for draw in _draws(rng, n)]
    for (metric, measure), values in zip(MEASURES.items(), np.array(drawn).T, strict=True):
        low, high = (float(end) for end in np.percentile(values, [2.5, 97.5]))
        measured = {"metric": metric, "value": measure(source, whole), "low": low, "high": high}
        unit = UNITS.get(metric, "characters")
        rows.append(replace(common, **measured, n=n, samples=n, unit=unit, interval="bootstrap over traces"))
    return rows


def _draws(rng: np.random.Generator, n: int) -> Iterator[np.ndarray]:
    """One at a time: all of them would be a thousand numbers a trace."""
    return (rng.integers(n, size=n) for _ in range(DRAWS))


def _scored(trace: Trace, product: float) -> Trace:
    return replace(trace, scores={**trace.scores, "length_difficulty": product})
