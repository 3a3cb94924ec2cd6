"""What a trained model can do that its base cannot, and the other way round, however often either tries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.evaluation import ops
from limbeck.evaluation.samples import groups, like
from limbeck.pipeline.context import Context
from limbeck.records import Data, Result, Results, Trace

DRAWS = 2000


def boundary(
    base: Data, trained: Data, *, k: tuple[int, ...] = (), benchmark: str = "", seed: int = 0, ctx: Context
) -> Results:
    """Hold pass@k of a trained model against its base's, k by k, on the same problems.

    Rows: ``gap@k`` (trained minus base, paired), ``crossover`` (the smallest number of samples from which on
    the base is at least as good; none where it never is), ``both``, ``base only``, ``trained only`` and
    ``neither`` (shares of problems that were ever solved), and ``efficiency gap`` (the base's pass@n minus
    the trained one's pass@1). Yue et al. 2025, arXiv 2504.13837.

    Args:
        base, trained: verified samples of either, such as two steps of one evaluation.
        k: numbers of samples; by default 1, 2, 4, … as far as there are samples.
        benchmark: where there are several.

    Returns:
        The rows; the trained model's samples, without a ``temperature``, with ``scores["gap@k"]``, whose
        means over problems are the gaps, for claims.

    Raises:
        LimbeckError: no common problem, or a k above the samples that a problem has.
    """
    right_PB, right_PT, names, where = _paired(base, trained, benchmark)
    most = min(len(each) for each in (*right_PB, *right_PT))
    ks = sorted(k) or [2**power for power in range(most.bit_length())]
    if not 1 <= ks[0] <= ks[-1] <= most:
        raise LimbeckError(f"boundary: k={list(k)}; every problem has {most} samples of either model")
    first_KP, second_KP = _curves(right_PB, ks), _curves(right_PT, ks)
    writer = next((trace.model for trace in trained.traces), "trained")
    common = replace(like(writer, [seed], n=most), benchmark=where, n=len(names), unit="share")
    common = replace(common, samples=sum(map(len, (*right_PB, *right_PT))))
    results = [*_gaps(ks, second_KP - first_KP, common, seed), *_covered(right_PB, right_PT, common)]
    results += _crossing(right_PB, right_PT, most, common, seed, ctx)
    gap = float(_curves(right_PB, [most]).mean() - _curves(right_PT, [1]).mean())
    results.append(replace(common, metric="efficiency gap", value=gap))
    by_name = {name: (second_KP - first_KP)[:, place] for place, name in enumerate(names)}
    kept = [_noted(trace, ks, by_name, where) for trace in trained.traces if trace.problem_id in by_name]
    return Results(results, Data([each for each in trained.problems if each.id in by_name], kept))


def _paired(
    base: Data, trained: Data, benchmark: str
) -> tuple[list[list[bool]], list[list[bool]], list[str], str]:
    """Whether each sample is right, by common problem, of either model."""
    sides = []
    for data in (base, trained):
        chosen = [group for group in groups(data) if benchmark in ("", group.benchmark)]
        right: dict[str, list[bool]] = {}
        for group in chosen:
            for name, traces in group.samples.items():
                right.setdefault(name, []).extend(trace.outcome == "correct" for trace in traces)
        sides.append(({name: each for name, each in right.items() if each}, chosen))
    names = [name for name in sides[0][0] if name in sides[1][0]]
    if not names:
        raise LimbeckError(f"boundary: base and trained have no problem of {benchmark or 'any'} in common")
    of = [[right[name] for name in names] for right, _ in sides]
    return of[0], of[1], names, sides[1][1][0].benchmark


def _curves(right_PN: Sequence[Sequence[bool]], ks: Sequence[int]) -> ops.Array:
    """pass@k ``[K, P]``."""
    counts = [(len(each), sum(each)) for each in right_PN]
    return np.array([[ops.pass_of(n, right, k) for n, right in counts] for k in ks])


def _gaps(ks: Sequence[int], gap_KP: ops.Array, common: Result, seed: int) -> Iterator[Result]:
    for k, gap_P in zip(ks, gap_KP, strict=True):
        low, high = ops.bootstrap(gap_P, seed=seed)
        row = replace(common, metric=f"gap@{k}", value=float(gap_P.mean()), low=low, high=high)
        yield replace(row, interval="bootstrap over problems, paired")


def _covered(right_PB: list[list[bool]], right_PT: list[list[bool]], common: Result) -> Iterator[Result]:
    base_P, trained_P = (np.array([any(each) for each in side]) for side in (right_PB, right_PT))
    kinds = {
        "both": base_P & trained_P,
        "base only": base_P & ~trained_P,
        "trained only": ~base_P & trained_P,
        "neither": ~base_P & ~trained_P,
    }
    for name, so_P in kinds.items():
        low, high = ops.wilson(float(so_P.sum()), len(so_P))
        row = replace(common, metric=name, value=float(so_P.mean()), low=low, high=high)
        yield replace(row, interval="Wilson over problems")


def crossing(gap_K: ops.Array) -> int:
    """The place from which on no gap is above 0; the number of gaps where the last one is."""
    above = np.flatnonzero(gap_K > 1e-12)
    return int(above[-1]) + 1 if len(above) else 0


def _crossing(
    right_PB: list[list[bool]],
    right_PT: list[list[bool]],
    most: int,
    common: Result,
    seed: int,
    ctx: Context,
) -> list[Result]:
    """The smallest k from which on the base is as good, with a bootstrap over problems."""
    every = np.arange(1, most + 1)
    gap_KP = _curves(right_PT, every.tolist()) - _curves(right_PB, every.tolist())
    drawn_DP = np.random.default_rng(seed).multinomial(
        gap_KP.shape[1], [1 / gap_KP.shape[1]] * gap_KP.shape[1], DRAWS
    )
    places = np.array([crossing(gap_K) for gap_K in drawn_DP @ gap_KP.T])
    beyond, at = float((places == most).mean()), crossing(gap_KP.mean(axis=1))
    ctx.log(f"the base is never as good within {most} samples in {100 * beyond:.1f} % of bootstrap draws")
    if at == most:
        return []
    low, high = np.quantile(np.append(every, most)[places], [0.025, 0.975], method="nearest")
    told = "bootstrap over problems" + (f", {100 * beyond:.1f} % of it beyond n" if beyond else "")
    row = replace(common, metric="crossover", value=float(every[at]), unit="samples", interval=told)
    return [replace(row, low=min(float(low), row.value), high=max(float(high), row.value))]


def _noted(trace: Trace, ks: Sequence[int], gap_K: dict[str, ops.Array], where: str) -> Trace:
    """A stored sample with its problem's gaps."""
    params = {name: value for name, value in trace.params.items() if name != "temperature"}
    gaps = {f"gap@{k}": float(gap) for k, gap in zip(ks, gap_K[trace.problem_id], strict=True)}
    return replace(trace, params={**params, "benchmark": where}, scores={**trace.scores, **gaps})
