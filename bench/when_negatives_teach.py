"""When do negatives teach? A map of recipe ``when-negatives-teach``, one factor varied at a time.

``python bench/when_negatives_teach.py [CELL…]`` runs the cells in their order, tunes each arm on seed 100
and the split `validation`, trains the winners on the other seeds, and adds each finished cell to
``claims/when-negatives-teach.json``. Stages are cached under ``runs/when-negatives-teach``: killed, it goes
on where it was. ``python bench/when_negatives_teach_page.py`` draws the picture and writes the page.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RECIPE = "when-negatives-teach"
CLAIMS = Path(__file__).parent.parent / "claims"
RESULTS = CLAIMS / f"{RECIPE}.json"
TUNED_ON, SEEDS = 100, (0, 1, 2)
COPIES = {"traces.before": 4, "traces.after": 4}
CELLS: dict[str, dict[str, Any]] = {
    "base": {},
    "wrong longer": {"traces.after_wrong": 6},
    "wrong shorter": {"traces.after_wrong": 0},
    "hardly systematic": {"traces.wrong": 0.55},
    "early departure": {"traces.before": 0, "traces.after": 2},
    "late departure": {"traces.before": 2, "traces.after": 0},
    "far teacher": {"traces.foreign": 1.0},
    "100 pairs": {"paired.n": 100},
    "not systematic": {"traces.wrong": 0.5},
    "83 tokens": COPIES,
    "wrong longer, wholly systematic": {"traces.after_wrong": 6, "traces.wrong": 1.0},
    "11 tokens": {"traces.before": 0, "traces.after": 0},
    "wholly systematic": {"traces.wrong": 1.0},
    "width 32": {"init.width": 32},
    "width 128": {"init.width": 128},
    "191 tokens": {"traces.before": 10, "traces.after": 10},
    "own wrong traces": {},
    "wrong longer, smaller β": {"traces.after_wrong": 6},
    "hardly systematic, smaller β": {"traces.wrong": 0.55},
    "far teacher, smaller β": {"traces.foreign": 1.0},
}
"""What each cell sets otherwise than the recipe, the most telling first; the last three were added when three
cells had come out against their predictions."""
ARMS: dict[str, list[dict[str, Any]]] = {
    "sft_longer": [{"lr": rate} for rate in (5e-5, 1e-4, 3e-4, 1e-3)],
    "redi": [{"lr": rate} for rate in (5e-5, 1e-4, 2e-4, 4e-4)],
    "dpo": [{"lr": rate, "objective.dpo.beta": beta} for beta in (0.1, 1.0) for rate in (1e-4, 2e-4)],
    "simpo": [
        {"lr": rate, "objective.simpo.beta": beta, "objective.simpo.gamma": beta / 2}
        for beta in (2.0, 10.0)
        for rate in (1e-4, 2e-4)
    ],
}
"""The trials of each arm."""
SMALLER = {
    "dpo": [{"lr": rate, "objective.dpo.beta": beta} for beta in (0.001, 0.01) for rate in (1e-4, 2e-4)]
}
SCALES = {"own wrong traces": "own"}
OTHER_TRIALS = {name: SMALLER for name in CELLS if name.endswith("smaller β")}
Trials = dict[str, dict[str, Any]]
Reached = dict[str, list[float]]
CONTRASTS = (("redi", "dpo"), ("redi", "simpo"), ("best negatives", "sft_longer"))


def longest(settings: dict[str, Any]) -> int:
    """Tokens that a sample may have: a right trace's and eight more."""
    before, after = (settings.get(f"traces.{side}", 1) for side in ("before", "after"))
    return 9 * (before + 1 + after) + 2 + 8


def samples(
    name: str, settings: dict[str, Any], seed: int, arms: list[str]
) -> Iterator[tuple[str, Any, Path]]:
    """Each arm's evaluated samples, and the folder of its training."""
    from limbeck.pipeline import plan as planning
    from limbeck.pipeline import recipe as recipes
    from limbeck.pipeline import store
    from limbeck.pipeline.runner import run

    given = {"scores.of": ["sft", *arms], "scores.max_tokens": longest(settings), **settings}
    plan = planning.make(
        recipes.load(RECIPE, scale=SCALES.get(name, "miniature"), seed=seed, settings=given),
        Path("runs") / RECIPE,
    )
    made = run(plan.until("scores"), 1, quiet=True)
    for arm in ("sft", *arms):
        yield arm, store.read_data(made.folders[f"scores@{arm}"]).all(), made.folders[arm]


def tuned(name: str) -> tuple[Trials, Reached]:
    """Each arm's best trial on the validation split, by pass@1, and what all trials reached."""
    trials = {**ARMS, **OTHER_TRIALS.get(name, {})}
    reached: Reached = {arm: [] for arm in trials}
    for number in range(len(trials["redi"])):
        trial = {f"{arm}.{name}": value for arm in trials for name, value in trials[arm][number].items()}
        tried = {**CELLS[name], **trial, "test.split": "validation"}
        for arm, data, _ in samples(name, tried, TUNED_ON, list(trials)):
            if arm in reached:
                reached[arm].append(share(data, lambda trace: trace.outcome == "correct"))
    best = {arm: trials[arm][values.index(max(values))] for arm, values in reached.items()}
    return best, reached


def share(data: Any, holds: Any) -> float:
    return sum(map(holds, data.traces)) / max(len(data.traces), 1)


def watched(folder: Path) -> list[float] | None:
    """Log-probability per token of the chosen traces, over the first and the last five steps; None without
    pairs."""
    import pyarrow.parquet as pq

    curve = pq.read_table(folder / "curve.parquet")
    if "logp_chosen" not in curve.column_names:
        return None
    values = curve["logp_chosen"].to_pylist()
    return [round(sum(part) / len(part), 4) for part in (values[:5], values[-5:])]


def seen(data: Any, folder: Path) -> dict[str, Any]:
    """What one arm does with one seed, in shares of its samples."""
    direct = [trace for trace in data.traces if "!" not in trace.reasoning]
    return {
        "pass@1": share(data, lambda trace: trace.outcome == "correct"),
        "shortcuts": share(data, lambda trace: "!" in trace.reasoning),
        "right_without": sum(trace.outcome == "correct" for trace in direct) / max(len(direct), 1),
        "truncated": share(data, lambda trace: trace.finish == "length"),
        "logp_chosen": watched(folder),
    }


def measured(name: str) -> dict[str, Any]:
    """One cell, tuned and over its seeds."""
    from limbeck.evaluation.comparison import as_dicts, compare

    started = time.process_time()
    settings = CELLS[name]
    best, reached = tuned(name)
    trained = {f"{arm}.{key}": value for arm, trial in best.items() for key, value in trial.items()}
    arms: dict[str, list[dict[str, Any]]] = {}
    kept: dict[str, list[Any]] = {}
    for seed in SEEDS:
        for arm, data, folder in samples(name, {**settings, **trained}, seed, list(ARMS)):
            arms.setdefault(arm, []).append(seen(data, folder))
            kept.setdefault(arm, []).append(data)
    # Which arm with negatives stands for them is decided where it was tuned, not where it is measured.
    leader = max(("redi", "dpo", "simpo"), key=lambda arm: max(reached[arm]))
    sides = [(leader if first == "best negatives" else first, other) for first, other in CONTRASTS]
    compared = [compare(kept[first], kept[other], names=(first, other)) for first, other in sides]
    return {
        "settings": settings, "chosen": best, "validation": reached, "arms": arms,
        "contrasts": as_dicts(compared), "cpu_seconds": round(time.process_time() - started),
    }  # fmt: skip


def finished() -> dict[str, Any]:
    """The cells that are measured."""
    return json.loads(RESULTS.read_text(encoding="utf-8"))["cells"] if RESULTS.exists() else {}


def main(names: list[str]) -> None:
    import torch

    torch.set_num_threads(1)
    for name in names or CELLS:
        if name in finished():
            continue
        cell = measured(name)
        cells = {**finished(), name: cell}  # read again: another process may have added its own
        page = {"date": time.strftime("%Y-%m-%d"), "seeds": SEEDS, "cells": cells}
        RESULTS.write_text(json.dumps(page, indent=1) + "\n", encoding="utf-8")
        print(name, [round(100 * each["diff"], 1) for each in cell["contrasts"]], flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cell", nargs="*", help="all cells that are not measured yet")
    main(parser.parse_args().cell)
