"""Numbers with honest intervals, in plain numpy.

Samples of one problem resemble each other, so the unit of every interval here is the problem (and, between
training runs, the seed): resampling single samples would make intervals far too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations, product
from statistics import NormalDist
from typing import Any

import numpy as np

Array = np.ndarray
Z95 = 1.959963984540054
_EXACT_SUBSETS = 5000
_CHUNK = 200_000
"""Units drawn at a time: so few that they stay in the processor's cache."""
_FEW_KINDS = 16
"""How many times more problems than different values there must be for a draw by values to be the faster."""


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of those that are no None; None where none is left."""
    having = [value for value in values if value is not None]
    # What np.mean does, without its look at what it is given: half of a metric's time on a million samples.
    return float(np.add.reduce(np.array(having, dtype=float)) / len(having)) if having else None


def pass_at_k(n: Any, correct: Any, k: int) -> Any:
    """Chance that at least one of ``k`` samples is right, unbiased from ``correct`` right ones of ``n``.

    ``1 - C(n - correct, k) / C(n, k)`` as a product (Chen et al. 2021, arXiv 2107.03374, eq. 1). ``n`` and
    ``correct`` broadcast; the result has their shape.

    Raises:
        ValueError: when ``k`` is below 1 or above some ``n``, or ``correct`` lies outside 0…n.
    """
    n, correct = np.broadcast_arrays(np.asarray(n, dtype=float), np.asarray(correct, dtype=float))
    if k < 1 or (n < k).any() or (correct < 0).any() or (correct > n).any():
        raise ValueError(f"pass@{k} needs 1 <= k <= n and 0 <= correct <= n")
    drawn = np.arange(k)
    missed = np.clip((n - correct)[..., None] - drawn, 0, None) / (n[..., None] - drawn)
    return 1 - missed.prod(axis=-1)


@lru_cache(maxsize=65536)
def pass_of(n: int, correct: int, k: int) -> float:
    """`pass_at_k` of one problem: of a million there are few different ones."""
    return float(pass_at_k(n, correct, k))


def maj_at_k(
    votes: Sequence[str | None], correct: Sequence[bool], k: int, seed: int = 0, draws: int = 2000
) -> float:
    """Chance that the majority of ``k`` samples, drawn without replacement, is right (Wang et al. 2022,
    2203.11171).

    All correct samples are one vote whatever their spelling, since all equal the reference; wrong ones vote
    by their text; ``None`` (nothing extracted) abstains. A tie is broken evenly. Exact while there are at
    most 5,000 subsets (always for ``k = n``), otherwise the mean over ``draws`` seeded ones.
    """
    n = len(votes)
    if not 1 <= k <= n:
        raise ValueError(f"maj@{k} needs 1 <= k <= n, and n is {n}")
    names: dict[str | None, int] = {}
    labels = []
    for vote, right in zip(votes, correct, strict=True):
        wrong = -1 if vote is None or right else names.setdefault(vote, len(names) + 1)
        labels.append(0 if right else wrong)
    # The same votes in the same order are counted once, and who voted alike always needs no count.
    return _majority(tuple(labels), k, seed, draws) if len(names) or -1 in labels else 1.0


@lru_cache(maxsize=65536)
def _majority(labels: tuple[int, ...], k: int, seed: int, draws: int) -> float:
    """`maj_at_k` of labels: 0 for right, -1 for none, any other for a wrong answer."""
    onehot = np.array(labels)[:, None] == np.arange(max(0, *labels) + 1)
    counts = onehot[_subsets(len(labels), k, seed, draws)].sum(axis=1)
    top = counts.max(axis=1)
    won = (counts[:, 0] == top) & (top > 0)
    return float((won / (counts == top[:, None]).sum(axis=1)).mean())


@lru_cache(maxsize=64)
def _subsets(n: int, k: int, seed: int, draws: int) -> Array:
    """Subsets of ``k`` of ``n``, one a row: all there are, or so many drawn ones."""
    if math.comb(n, k) <= _EXACT_SUBSETS:
        return np.array(list(combinations(range(n), k)))
    return np.random.default_rng(seed).random((draws, n)).argpartition(k - 1, axis=1)[:, :k]


def wilson(successes: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a proportion (Wilson 1927): sound at 0 and 1 and for small ``n``."""
    if n <= 0:
        return 0.0, 1.0
    rate = successes / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # At the ends the sums round to either side of 0 and 1, and the truth may be just these.
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return 0.0 if successes <= 0 else low, 1.0 if successes >= n else high


def _units(n: int, draws: int, rng: np.random.Generator) -> Array:
    """Which units each bootstrap draw holds, ``[draws, n - 1]``: ``n - 1`` of ``n``, with replacement.

    One fewer than there are makes the spread of the means unbiased (Rao and Wu 1988); with 5 seeds the usual
    ``n`` would understate it by a tenth.
    """
    return rng.integers(n, size=(draws, max(n - 1, 1)))


def _means(values_SP: Array, draws: int, rng: np.random.Generator) -> Array:
    """Bootstrap means ``[draws, S]`` of rows of values, all rows over the same drawn problems."""
    problems = values_SP.shape[1]
    kinds_SK, counts_K = np.unique(values_SP, axis=1, return_counts=True)
    if _FEW_KINDS * len(counts_K) <= problems:
        # Of problems with equal values only their number matters, and that is multinomial.
        size = max(problems - 1, 1)
        means: Array = rng.multinomial(size, counts_K / problems, size=draws) @ kinds_SK.T / size
        return means
    step, parts = max(1, _CHUNK // problems), []
    for at in range(0, draws, step):
        units = _units(problems, min(step, draws - at), rng)
        parts.append(np.stack([row_P.take(units).mean(axis=1) for row_P in values_SP], axis=1))
    return np.concatenate(parts)


def _over_seeds(means: Array, rng: np.random.Generator) -> Array:
    """Means ``[draws, S]`` of seeds as one mean per draw, over seeds that are drawn too."""
    draws, seeds = means.shape
    drawn: Array = np.take_along_axis(means, _units(seeds, draws, rng), axis=1).mean(axis=1)
    return drawn


def bootstrap(values_P: Array, draws: int = 5000, seed: int = 0) -> tuple[float, float]:
    """95% percentile interval of the mean over problems, each with all its samples (the cluster bootstrap).

    Args:
        values_P: one number per problem, usually the mean over its samples.
    """
    values_P = np.asarray(values_P, dtype=float)
    means = _means(values_P[None], draws, np.random.default_rng(seed))
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def interval(values_P: Array, proportion: bool = True, seed: int = 0) -> tuple[float, float, str]:
    """The 95% interval that fits ``values_P`` and its name.

    Of shares Wilson's over problems, where each problem is simply right or wrong (one sample, greedy) or all
    agree, and over as many as problems with several samples are worth (`effective`) otherwise. The bootstrap
    over problems of all else. A bootstrap of shares near 0 or 1, or of few problems, holds the truth in as
    few as 27 of 100 (bench/results/intervals.md).
    """
    values_P = np.asarray(values_P, dtype=float)
    if proportion and bool(((values_P >= 0) & (values_P <= 1)).all()):
        same = bool((values_P == values_P[0]).all())
        if same or bool(np.isin(values_P, (0.0, 1.0)).all()):
            return *wilson(float(values_P.sum()), len(values_P)), "Wilson over problems"
        n = effective(values_P)
        return *wilson(float(values_P.mean()) * n, n), "Wilson over problems and their samples"
    return *bootstrap(values_P, seed=seed), "bootstrap over problems"


def effective(values_P: Array) -> float:
    """How many independent right-or-wrong answers would leave the mean of shares as uncertain.

    ``p (1 - p)`` over the variance of the mean, the variance widened for few problems by the square of
    Student's bound over the normal's (Korn and Graubard 1998). Where nearly all problems have the same value
    the others hardly say how much problems differ, so one problem that is simply right or wrong is counted
    in: it weighs as 1 against ``4 p (1 - p)`` times the number of problems.
    """
    problems, mean = len(values_P), float(values_P.mean())
    spread = mean * (1 - mean)
    ratio = float(values_P.var(ddof=1)) / spread
    told = 4 * spread * problems
    widened: float = (t_quantile(problems - 1) / Z95) ** 2
    return problems * (told + 1) / (told * ratio + 1) / widened


def bootstrap_two_way(diff_SP: Array, draws: int = 10_000, seed: int = 0) -> Array:
    """Bootstrap means of a difference, seeds and problems drawn independently (Owen 2007, the pigeonhole
    bootstrap).

    Conservative by design: seed-by-problem noise counts up to three times, so coverage is mostly above 95%.

    Args:
        diff_SP: better minus other, one row per training seed, one column per problem (the same for all
            seeds).

    Returns:
        ``draws`` means. With one seed only problems are drawn: its spread then says nothing about other
        seeds.
    """
    diff_SP = np.atleast_2d(np.asarray(diff_SP, dtype=float))
    rng = np.random.default_rng(seed)
    return _over_seeds(_means(diff_SP, draws, rng), rng)


def bootstrap_nested(diffs: Sequence[Array], draws: int = 10_000, seed: int = 0) -> Array:
    """Bootstrap means of a difference when every seed has problems of its own: seeds, then problems within
    each."""
    rng = np.random.default_rng(seed)
    rows = [_means(np.asarray(diff, dtype=float)[None], draws, rng) for diff in diffs]
    return _over_seeds(np.concatenate(rows, axis=1), rng)


def two_sided_p(means: Array) -> float:
    """Two-sided p-value of "no difference" from bootstrap means; never below what their number can show."""
    tail = min((means <= 0).sum(), (means >= 0).sum())
    return float(min(1.0, 2 * (tail + 1) / (len(means) + 1)))


def t_two_sided_p(t: float, df: float) -> float:
    """P(|T| >= |t|) for Student's t with ``df`` degrees of freedom."""
    from mpmath import betainc

    return float(betainc(df / 2, 0.5, 0, df / (df + t * t), regularized=True))


@lru_cache(maxsize=256)
def t_quantile(df: float, level: float = 0.95) -> float:
    """The ``t`` with P(|T| <= t) = ``level``: 2.776 for 4 degrees of freedom at 95%.

    Beyond 200 degrees by its expansion about the normal's (Abramowitz and Stegun, 26.7.5), to 1e-8: mpmath
    1.3's incomplete beta does not converge for tens of thousands.
    """
    if df > 200:
        z = NormalDist().inv_cdf((1 + level) / 2)
        first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
        return z + first / df + second / df**2 + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384 / df**3
    low, high = 0.0, 1e4
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if t_two_sided_p(middle, df) > 1 - level else (low, middle)
    return (low + high) / 2


def paired_t(diffs_S: Sequence[float]) -> tuple[float, float, float]:
    """``(low, high, p)``: Student's 95% interval and two-sided p-value of the mean of per-seed differences.

    Raises:
        ValueError: with fewer than two seeds.
    """
    diffs = np.asarray(diffs_S, dtype=float)
    if len(diffs) < 2:
        raise ValueError("a paired t-test needs at least two seeds")
    mean, error = float(diffs.mean()), float(diffs.std(ddof=1)) / math.sqrt(len(diffs))
    if error == 0:
        return mean, mean, 1.0 if mean == 0 else 0.0
    half = t_quantile(len(diffs) - 1) * error
    return mean - half, mean + half, t_two_sided_p(mean / error, len(diffs) - 1)


def sign_flip(diffs_S: Sequence[float]) -> float:
    """Exact two-sided p-value of per-seed differences under all 2^S sign flips (S up to 20); at least 2 /
    2^S."""
    diffs = np.asarray(diffs_S, dtype=float)
    if not 1 <= len(diffs) <= 20:
        raise ValueError(f"the exact sign-flip test takes 1 to 20 seeds, got {len(diffs)}")
    signs = np.array(list(product((1.0, -1.0), repeat=len(diffs))))
    sums = np.abs(signs @ diffs)
    return float((sums >= sums[0] - 1e-12 * max(1.0, sums[0])).mean())


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for being several (Holm 1979), in the order given."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted
