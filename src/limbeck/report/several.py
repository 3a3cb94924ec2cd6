"""Several runs as one, so that their arms stand in the same tables and are paired by problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.report.reading import Run, browse_evaluations, read


def read_several(folders: Sequence[Path]) -> Run:
    """Runs as one: an arm is called ``RUN: ARM``, stages of evaluation with one name are one stage.

    Raises:
        LimbeckError: a folder without a readable run, or one named twice.
    """
    runs = [read(folder) for folder in folders]
    names = labels(folders)
    whole = Run(folders[0], _page(runs, names))
    for name, run in zip(names, runs, strict=True):
        whole.results += [(f"{name}: {model}", result) for model, result in run.results]
        whole.samples |= {(scores, f"{name}: {arm}"): data for (scores, arm), data in run.samples.items()}
        whole.curves += [replace(curve, stage=f"{name}: {curve.stage}") for curve in run.curves]
        whole.notes += [f"{name}: {note}" for note in run.notes]
    browse_evaluations(whole)
    return whole


def labels(folders: Sequence[Path]) -> list[str]:
    """The shortest ends of the folders' paths that tell them apart.

    Raises:
        LimbeckError: one folder is named twice.
    """
    parts = [folder.absolute().parts for folder in folders]
    if twice := [folder for folder, each in zip(folders, parts, strict=True) if parts.count(each) > 1]:
        raise LimbeckError(f"{twice[0]} is named twice: compare different runs")
    for size in range(1, max(map(len, parts)) + 1):
        ends = ["/".join(each[-size:]) for each in parts]
        if len({*ends}) == len(ends):
            return ends
    raise LimbeckError("the folders cannot be told apart")


def _page(runs: Sequence[Run], names: Sequence[str]) -> dict[str, Any]:
    stages = []
    for name, run in zip(names, runs, strict=True):
        stages += [{**stage, "name": f"{name}: {stage['name']}"} for stage in run.stages]
    titles = {str((run.page.get("recipe") or {}).get("title", "")) for run in runs}
    title = titles.pop() if len(titles) == 1 else ""
    return {"title": f"{len(runs)} runs compared{': ' * bool(title)}{title}", "stages": stages, "recipe": {}}
