"""How often the 95% intervals hold the truth, and how often two equal models are told apart, where the truth
is known because samples are drawn from it. Writes bench/results/intervals.md.

Problems are drawn with their rates from a Beta distribution of the accuracy that is told and samples with
them; the truth is the mean rate of all problems that could have been drawn.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from limbeck.evaluation import ops
from limbeck.evaluation.verdicts import LEAST

TRIALS, SLOW, DRAWS = 2000, 400, 1000
"""Trials; fewer where each draws a bootstrap; its draws."""
ACCURACY = (0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)
SPREAD = 2.0
"""Rates are Beta(SPREAD p, SPREAD (1 - p)): problems differ much."""


def drawn(rng: np.random.Generator, p: float, problems: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Rates of problems, and the share of each one's samples that is right."""
    rate_P = rng.beta(SPREAD * p, SPREAD * (1 - p), size=problems)
    return rate_P, rng.binomial(n, rate_P) / n


def coverage(p: float, problems: int, n: int, rule: str = "house") -> float:
    """Share of trials in %, whose interval holds ``p``: the house's, or a bootstrap over problems."""
    rng, held = np.random.default_rng([problems, n, int(1000 * p)]), 0
    trials = TRIALS if rule == "house" else SLOW
    for trial in range(trials):
        _, mean_P = drawn(rng, p, problems, n)
        low, high = (ops.interval(mean_P) if rule == "house" else ops.bootstrap(mean_P, DRAWS, trial))[:2]
        held += low <= p <= high
    return 100 * held / trials


def alarms(p: float, problems: int, n: int) -> float:
    """Share of trials in %, in which a model is told apart from itself by the paired bootstrap."""
    rng, told = np.random.default_rng([problems, n, int(1000 * p), 1]), 0
    for trial in range(SLOW):
        rate_P, first_P = drawn(rng, p, problems, n)
        diff_P = first_P - rng.binomial(n, rate_P) / n
        low, high = np.quantile(ops.bootstrap_two_way(diff_P, DRAWS, trial), [0.025, 0.975])
        told += problems >= LEAST and (low > 0 or high < 0)
    return 100 * told / SLOW


def rows(measure: Callable[..., float], sizes: list[tuple[int, int]]) -> list[str]:
    lines = []
    for problems, n in sizes:
        cells = " | ".join(f"{measure(p, problems, n):.1f}" for p in ACCURACY)
        lines.append(f"| {problems} | {n} | {cells} |")
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    head = [f"| problems | samples | {' | '.join(map(str, ACCURACY))} |", "|---" * (2 + len(ACCURACY)) + "|"]
    lines = [
        "# Intervals and false alarms",
        "",
        f"By `python bench/bench_intervals.py`: {TRIALS:,} trials each, {SLOW:,} where each draws a "
        f"bootstrap ({DRAWS:,} draws); rates of problems from Beta({SPREAD:g} p, {SPREAD:g} (1 - p)); "
        "columns are p.",
        "",
        "## In how many of 100 the 95% interval holds the accuracy",
        "",
        "`ops.interval`: Wilson over problems, or over as many as problems with several samples are worth.",
        "",
        *head,
        *rows(
            coverage, [(10, 1), (30, 1), (100, 1), (500, 1), (10, 8), (30, 8), (100, 8), (500, 8), (30, 64)]
        ),
        "",
        "A bootstrap over problems in its place:",
        "",
        *head,
        *rows(lambda *given: coverage(*given, rule="bootstrap"), [(10, 8), (30, 8), (100, 8)]),
        "",
        "## In how many of 100 a model is told apart from itself",
        "",
        "The paired bootstrap over problems, one seed; both sides of 0 count, 5 are allowed.",
        "",
        *head,
        *rows(alarms, [(10, 8), (30, 1), (30, 8), (100, 1), (100, 8), (500, 8)]),
    ]
    (Path(__file__).parent / "results/intervals.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
