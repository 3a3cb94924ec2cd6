"""How often a comparison of two equal methods says "holds" or "reversed": by the bootstrap alone, by
Student's interval over seeds alone, and by both, which is the rule. Writes bench/results/verdicts.md.

The differences are drawn: a seed's, a problem's and noise of both, normal, all around 0.
"""

from pathlib import Path

import numpy as np

from limbeck.evaluation import ops
from limbeck.evaluation.verdicts import cautious

WORLDS = {
    "seeds differ most": (0.04, 0.0, 0.2),
    "both differ": (0.02, 0.15, 0.2),
    "problems differ most": (0.0, 0.3, 0.2),
}
TRIALS, DRAWS, PROBLEMS = 2000, 400, 100


def rates(seeds: int, spreads: tuple[float, float, float]) -> list[float]:
    """Shares of trials, in %, that each rule decides though nothing differs."""
    rng, decided = np.random.default_rng(seeds), np.zeros(3)
    seed_sd, problem_sd, noise = spreads
    for trial in range(TRIALS):
        diff_SP = rng.normal(0, seed_sd, (seeds, 1)) + rng.normal(0, problem_sd, (1, PROBLEMS))
        diff_SP = diff_SP + rng.normal(0, noise, (seeds, PROBLEMS))
        low, high = np.quantile(ops.bootstrap_two_way(diff_SP, DRAWS, trial), [0.025, 0.975])
        spans = [(low, high), ops.paired_t(diff_SP.mean(axis=1))[:2]]
        decided += [cautious(each) != "not shown" for each in (spans[:1], spans[1:], spans)]
    return list(100 * decided / TRIALS)


def main() -> None:
    lines = [
        "# False verdicts",
        "",
        f"By `python bench/bench_verdicts.py`: {TRIALS:,} comparisons of two equal methods, {PROBLEMS} "
        f"problems, {DRAWS} bootstrap draws; how many in 100 are *holds* or *reversed*. Intervals of 95% "
        "allow five.",
        "",
        "| spread | seeds | bootstrap alone | over seeds alone | both (the rule) |",
        "|---|---|---|---|---|",
    ]
    for world, spreads in WORLDS.items():
        for seeds in (3, 5, 8):
            decided = " | ".join(f"{rate:.1f}" for rate in rates(seeds, spreads))
            lines.append(f"| {world} | {seeds} | {decided} |")
            print(lines[-1], flush=True)
    (Path(__file__).parent / "results/verdicts.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
