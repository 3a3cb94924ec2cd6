"""95% intervals of a mean over problems: ops.bootstrap against scipy.stats.bootstrap, on the same numbers in
the same process.

Run: python bench/bench_resample.py. Inputs are made from a seed. Writes bench/results/resample.md.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy import stats

from limbeck.evaluation import ops

HERE = Path(__file__).resolve().parent
DRAWS = 5000
REPEATS = 5
BATCHES = (None, 1000, 100)
"""How many resamples scipy holds at a time; its best is taken."""
Interval = tuple[float, float]


def theirs(values: np.ndarray, batch: int | None) -> Interval:
    chosen = {"n_resamples": DRAWS, "method": "percentile", "batch": batch, "rng": np.random.default_rng(0)}
    interval = stats.bootstrap((values,), np.mean, **chosen).confidence_interval
    return float(interval.low), float(interval.high)


def timed(function: Callable[[], Interval]) -> tuple[float, Interval]:
    """Fewest milliseconds of several runs, and the interval."""
    best, interval = float("inf"), (0.0, 0.0)
    for _ in range(REPEATS):
        started = time.process_time()
        interval = function()
        best = min(best, 1000 * (time.process_time() - started))
    return best, interval


def main() -> None:
    rng = np.random.default_rng(1)
    cases = []
    for problems in (30, 500, 1319):
        right = rng.binomial(4, rng.beta(1.5, 1, problems)) / 4
        cases += [(f"{problems:,} problems, 4 samples each", right)]
        cases += [(f"{problems:,} problems, a number each", rng.gamma(2, 100, problems))]
    columns = ["input", "limbeck, ms", "scipy, ms", "ratio", "limbeck's interval", "scipy's"]
    lines = [f"| {' | '.join(columns)} |", "|---|---:|---:|---:|---|---|"]
    for name, values in cases:
        fast, mine = timed(lambda values=values: ops.bootstrap(values, DRAWS))
        runs = [timed(lambda values=values, batch=batch: theirs(values, batch)) for batch in BATCHES]
        slow, other = min(runs)
        spans = " | ".join(f"[{low:.4g}, {high:.4g}]" for low, high in (mine, other))
        lines.append(f"| {name} | {fast:.1f} | {slow:.1f} | {slow / fast:.1f} | {spans} |")
    head = [
        "# Resampling speed",
        "",
        f"Written by `bench/bench_resample.py` on {time.strftime('%Y-%m-%d')}; numpy {version('numpy')}, "
        f"scipy {version('scipy')}; {os.cpu_count()} cores, CPU.",
        f"{DRAWS:,} resamples, percentile interval; this process's own milliseconds, the best of {REPEATS}, "
        "scipy's of",
        "several sizes of batch. scipy draws as many problems as there are, Limbeck one fewer (Rao and "
        "Wu 1988).",
        "",
    ]
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/resample.md").write_text("\n".join([*head, *lines, ""]), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
