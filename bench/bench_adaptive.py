"""What samples that follow difficulty save against as many for every problem, at equal quality, where each
problem's true pass rate is known because it was drawn. Writes bench/results/adaptive.md.

The rules are those of `teachers/adaptive` (`Enough`, `rounds`). A wrong trace is taken to be twice as long as
a right one.
"""

from functools import cache
from pathlib import Path

import numpy as np

from limbeck.evaluation.ops import wilson
from limbeck.teachers.write.adaptive import Enough, rounds

WORLDS = {
    "all rates alike, Beta(1, 1)": (1, 1),
    "mostly easy or hopeless, Beta(0.3, 0.3)": (0.3, 0.3),
    "mostly hard, Beta(0.4, 1.6)": (0.4, 1.6),
    "about even, Beta(4, 4)": (4, 4),
}
PROBLEMS, MOST = 5_000, 128


def fixed_for(width: float) -> int:
    """As many samples as leave no problem's interval wider."""
    return next(n for n in range(2, 1000) if np.subtract(*wilson(n // 2, n)[::-1]) <= width)


def drawn(world: str) -> tuple[np.ndarray, np.ndarray]:
    """True rates, and by problem and sample whether it is right."""
    rng = np.random.default_rng(list(WORLDS).index(world))
    rates = rng.beta(*WORLDS[world], size=PROBLEMS)
    return rates, rng.random((PROBLEMS, MOST)) < rates[:, None]


def stopped(right_PK: np.ndarray, enough: Enough, k: int) -> np.ndarray:
    """How many samples of each problem the rounds of `teachers/adaptive` draw."""

    @cache
    def settles(right: int, judged: int) -> bool:
        return 0 < right < judged if enough.goal == "pair" else enough.known(right, judged)

    counts, left = np.full(len(right_PK), k), np.arange(len(right_PK))
    for numbers in rounds(k, enough):
        right = right_PK[left, : numbers.stop].sum(axis=1)
        done = np.array([settles(int(number), numbers.stop) for number in right], bool)
        counts[left[done]] = numbers.stop
        left = left[~done]
    return counts


def of(right_PK: np.ndarray, counts: np.ndarray | int) -> dict[str, np.ndarray]:
    """What is known after so many samples of each problem."""
    counts = np.broadcast_to(counts, len(right_PK))
    right = np.cumsum(right_PK, axis=1)[np.arange(len(right_PK)), counts - 1]
    low, high = np.array([wilson(int(r), int(n)) for r, n in zip(right, counts, strict=True)]).T
    return {"n": counts, "right": right, "low": low, "high": high, "tokens": 2 * counts - right}


def saving(part: dict[str, np.ndarray], whole: dict[str, np.ndarray]) -> str:
    return " | ".join(f"{100 * (1 - part[key].sum() / whole[key].sum()):.0f} %" for key in ("n", "tokens"))


def covered(known: dict[str, np.ndarray], rates: np.ndarray) -> str:
    return f"{100 * ((known['low'] <= rates) & (rates <= known['high'])).mean():.1f}"


def error(known: dict[str, np.ndarray], rates: np.ndarray) -> str:
    off = known["right"] / known["n"] - rates
    return f"{np.sqrt((off**2).mean()):.3f} ({off.mean():+.3f})"


def rate_row(world: str, width: float) -> str:
    """At most so wide an interval for every problem: adaptive against as many for all as that takes."""
    (rates, right_PK), k = drawn(world), fixed_for(width)
    every = of(right_PK, k)
    some = of(right_PK, stopped(right_PK, Enough(goal="rate", width=width), k))
    assert max((some["high"] - some["low"]).max(), (every["high"] - every["low"]).max()) <= width + 1e-9
    means = " / ".join(f"{(known['high'] - known['low']).mean():.2f}" for known in (every, some))
    return (
        f"| {world} | {width} | {k} | {some['n'].mean():.1f} | {saving(some, every)} | {means} | "
        f"{covered(every, rates)} / {covered(some, rates)} | {error(every, rates)} | {error(some, rates)} |"
    )


def mean_row(world: str, width: float) -> str:
    """The same against as many for all as make the mean width equal: the harder comparison."""
    right_PK = drawn(world)[1]
    some = of(right_PK, stopped(right_PK, Enough(goal="rate", width=width), fixed_for(width)))
    mean = (some["high"] - some["low"]).mean()
    for k in range(2, MOST):
        every = of(right_PK, k)
        if (every["high"] - every["low"]).mean() <= mean:
            break
    widest = (every["high"] - every["low"]).max()
    return f"| {world} | {width} | {k} | {some['n'].mean():.1f} | {saving(some, every)} | {widest:.2f} |"


def pair_row(world: str, k: int) -> str:
    """A right and a wrong trace of each problem that has them among its first k samples."""
    right_PK = drawn(world)[1]
    some = of(right_PK, stopped(right_PK, Enough(goal="pair", first=2, at_once=2), k))
    every = of(right_PK, k)
    pairs = [int(((known["right"] > 0) & (known["right"] < known["n"])).sum()) for known in (every, some)]
    return f"| {world} | {k} | {pairs[0]:,} / {pairs[1]:,} | {some['n'].mean():.1f} | {saving(some, every)} |"


def band_row(world: str, k: int) -> str:
    """Whether the rate lies within 0.2 to 0.8: decided, and decided wrongly."""
    rates, right_PK = drawn(world)
    every = of(right_PK, k)
    some = of(right_PK, stopped(right_PK, Enough(goal="band"), k))
    cells = []
    for known in (every, some):
        inside = (known["low"] >= 0.2) & (known["high"] <= 0.8)
        clear = (known["high"] < 0.2) | (known["low"] > 0.8)
        wrong = (inside & ((rates < 0.2) | (rates > 0.8))) | (clear & (rates >= 0.2) & (rates <= 0.8))
        cells.append(f"{100 * (inside | clear).mean():.1f} | {100 * wrong.mean():.2f}")
    return f"| {world} | {k} | {some['n'].mean():.1f} | {saving(some, every)} | {' | '.join(cells)} |"


RATE = "| pass rates of problems | width | k for all | samples, adaptive | samples saved | tokens saved |"
TABLES = [
    (
        "## Every interval at most so wide",
        "`goal: rate`. All problems get as many samples as the most uncertain one needs, or each as many as "
        "it needs. Coverage: how many in 100 of the 95% intervals hold the true rate. Error: root of the "
        "mean square, and in brackets the mean, of estimated minus true rate. Behind a slash: adaptive.",
        [f"{RATE} mean width | coverage | error, k for all | error, adaptive |", "|---" * 10 + "|"],
        lambda world: [rate_row(world, width) for width in (0.4, 0.3, 0.2)],
    ),
    (
        "## The same mean width",
        "The harder comparison: `k` for all that makes the *mean* interval as narrow as the adaptive one's. "
        "What adaptive samples buy beside is that no interval is wider than `width`; the last column is the "
        "widest of `k` for all. A minus: it costs more.",
        [f"{RATE} widest, k for all |", "|---" * 7 + "|"],
        lambda world: [mean_row(world, width) for width in (0.4, 0.3, 0.2)],
    ),
    (
        "## A right and a wrong trace",
        "`goal: pair, first: 2, at_once: 2`. Problems with a pair: the same ones, for the samples are the "
        "same.",
        [
            "| pass rates of problems | k | with a pair | samples, adaptive | samples saved | tokens saved |",
            "|---" * 6 + "|",
        ],
        lambda world: [pair_row(world, k) for k in (8, 16, 32)],
    ),
    (
        "## Within 0.2 to 0.8 or clear of it",
        "`goal: band`. In 100 problems: decided by the 95% interval, and decided wrongly.",
        [
            "| pass rates of problems | k | samples, adaptive | samples saved | tokens saved "
            "| decided, k for all | wrongly | decided, adaptive | wrongly |",
            "|---" * 9 + "|",
        ],
        lambda world: [band_row(world, k) for k in (32, 64)],
    ),
]


def main() -> None:
    lines = [
        "# Samples that follow difficulty",
        "",
        f"By `python bench/bench_adaptive.py`: {PROBLEMS:,} problems whose true pass rates are drawn, their "
        "samples with them, so that quality can be held against the truth; `teachers/adaptive` with its "
        "defaults (`first: 4, at_once: 4`) unless a table says otherwise. Simulated, no model is asked: what "
        "is saved on real problems depends on how hard they are. For tokens a wrong trace counts twice a "
        "right one.",
    ]
    for title, words, head, rows in TABLES:
        lines += ["", title, "", words, "", *head]
        for world in WORLDS:
            lines += rows(world)
            print("\n".join(lines[-3:]), flush=True)
    (Path(__file__).parent / "results/adaptive.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
