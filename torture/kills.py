"""Runs killed at random moments, then run again: nothing lost, nothing asked for or taught twice."""

from __future__ import annotations

import random
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from torture import runs
from torture.endpoint import Endpoint
from torture.outcome import Outcome

KILLS_OF_A_RUN = 3


def kills(count: int, seed: int) -> Outcome:
    """``count`` kills or a few more, up to `KILLS_OF_A_RUN` of each run (one may end before its turn: on a
    busy machine many do), held against a run that nobody disturbs."""
    rng, outcome = random.Random(seed), Outcome("kills")
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name)
        begun = time.monotonic()
        wanted, server = _undisturbed(folder)
        takes = time.monotonic() - begun
        trial = 0
        while outcome.tried < count and trial < 2 * count:
            server.asked.clear()
            _one(folder, f"killed-{trial}", server, takes, wanted, rng, outcome)
            trial += 1
    return outcome


def _undisturbed(folder: Path) -> tuple[Counter[tuple[str, str]], Endpoint]:
    server = Endpoint()
    out = folder / "whole"
    if runs.finished(runs.start(runs.recipe(folder, server.url), out)) != 0:
        raise SystemExit((folder / "whole.log").read_text())
    return runs.contents(out), server


def _one(
    folder: Path,
    name: str,
    server: Endpoint,
    takes: float,
    wanted: Counter[tuple[str, str]],
    rng: random.Random,
    outcome: Outcome,
) -> None:
    out, landed = folder / name, 0
    for _ in range(KILLS_OF_A_RUN):
        process = runs.start(folder / "recipe.yaml", out)
        try:
            process.wait(rng.uniform(0.15, 0.8) * takes)
        except subprocess.TimeoutExpired:
            landed += 1
            runs.kill(process, whole_group=rng.random() < 0.5)
    outcome.tried += landed
    status = runs.finished(runs.start(folder / "recipe.yaml", out))
    if status is None:
        outcome.hung += 1
        outcome.notes.append(f"{name} did not end")
        return
    if status:
        outcome.lost += 1
        outcome.notes.append(f"{name} ended with {status}: {(folder / f'{name}.log').read_text()[-300:]}")
        return
    compare(outcome, name, runs.contents(out), wanted)
    # What was in flight at a kill was paid for, and nobody was there to take it.
    again = max(server.again - landed * runs.CONCURRENCY, 0)
    outcome.doubled += again
    if again:
        outcome.notes.append(f"{name} asked for {again} more than were in flight")


def compare(
    outcome: Outcome, name: str, held: Counter[tuple[str, str]], wanted: Counter[tuple[str, str]]
) -> None:
    """Count what is missing and what is too much, by stage."""
    lost, more = wanted - held, held - wanted
    outcome.lost += lost.total()
    outcome.doubled += more.total()
    if lost or more:
        stages = sorted({stage for stage, _ in (*lost, *more)})
        counts = f"{lost.total()} records missing, {more.total()} too many"
        outcome.notes.append(f"{name}: {counts}, in {', '.join(stages)}")
