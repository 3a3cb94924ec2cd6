"""Rates for the arms of `limbeck claim redi --scale real`, chosen where the claim does not look.

    python bench/real_rates.py --out runs/redi-real --claim

Runs every arm at each of `RATES` with seed 100, scores it on SVAMP's stories between 60 and 70 per cent, and
writes rates.json and rates.md into the folder. An arm's rate is that of the highest pass@1 at T = 0.6, of
equal ones the smallest. Killed, it goes on where it was. ``--claim`` then measures the claim with them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline import store
from limbeck.pipeline.runner import run

ARMS = ("sft_longer", "alpha_0", "redi_05", "redi_08", "redi_10", "dpo", "simpo")
RATES = (5e-6, 1e-5, 2e-5)
SEED = 100
VALIDATION = {
    "test.low": 60,
    "test.high": 70,
    "test.split": "validation",
    "scores.temperature": [0.6],
    "scores.n": 8,
}


def scores(rate: float, out: Path) -> dict[str, float]:
    """Each arm's pass@1 on the validation problems at a rate."""
    settings = {**VALIDATION, **{f"{arm}.lr": rate for arm in ARMS}}
    made = run(planning.make(recipes.load("redi", scale="real", seed=SEED, settings=settings), out), jobs=1)
    rows = {arm: store.read_results(made.folders[f"scores@{arm}"]).results for arm in ARMS}
    return {arm: next(row.value for row in rows[arm] if row.metric == "pass@1") for arm in ARMS}


def chosen(table: dict[float, dict[str, float]]) -> dict[str, float]:
    """Each arm's best rate."""
    return {arm: max(sorted(table), key=lambda rate: table[rate][arm]) for arm in ARMS}


def markdown(table: dict[float, dict[str, float]], rates: dict[str, float]) -> str:
    lines = [
        "| arm | " + " | ".join(f"{rate:.0e}" for rate in table) + " | chosen |",
        "|---" * (len(table) + 2) + "|",
    ]
    for arm in ARMS:
        shares = " | ".join(f"{100 * table[rate][arm]:.1f}" for rate in table)
        lines.append(f"| {arm} | {shares} | {rates[arm]:.0e} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/redi-real"))
    parser.add_argument("--claim", action="store_true", help="then measure the claim with the rates chosen")
    given = parser.parse_args()
    table = {rate: scores(rate, given.out) for rate in RATES}
    rates = chosen(table)
    (given.out / "rates.json").write_text(json.dumps({"rates": rates, "tried": table}, indent=1) + "\n")
    (given.out / "rates.md").write_text(markdown(table, rates))
    if given.claim:
        settings = [part for arm, rate in rates.items() for part in ("--set", f"{arm}.lr={rate}")]
        where = ["--out", str(given.out), "--save", str(given.out / "claim"), "--jobs", "1"]
        command = [sys.executable, "-m", "limbeck", "claim", "redi", "--scale", "real", *settings, *where]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
