"""What survives a kill: the training state in one file, the curve as Parquet, each replaced as a whole."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import pyarrow as pa
import torch
from torch import nn

from limbeck.errors import LimbeckError
from limbeck.pipeline.store import write_table
from limbeck.training.identity import differences


def trainable(module: nn.Module) -> dict[str, nn.Parameter]:
    """Parameters that training changes, by name; with an adapter these are the adapter's alone."""
    return {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}


def save_state(path: Path, module: nn.Module, optimizer: Any, progress: dict[str, Any]) -> None:
    """Replace the state file by the present state.

    Randomness needs no saving: every step seeds itself from the run's seed and its own number.

    Args:
        progress: plain values: step, tokens, seconds, curve and the fingerprint of the settings.

    Raises:
        LimbeckError: a full disk; the earlier state stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    weights = {name: parameter.detach() for name, parameter in trainable(module).items()}
    try:
        with partial.open("wb") as file:
            torch.save({"weights": weights, "optimizer": optimizer.state_dict(), **progress}, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise LimbeckError(
            f"cannot write {path}: {error}; the earlier state stays, run again to go on"
        ) from error


def load_state(
    path: Path, identity: str, idle: Collection[str], log: Callable[[str], None]
) -> dict[str, Any] | None:
    """The saved state, or None where there is none, it cannot be read or it belongs to another run.

    What is found and not used is kept beside it as ``aside.pt`` until this run is done, and taken up again
    by a run that it fits.

    Args:
        identity: what it must have in common with this run, but for the ``idle`` settings.
        log: is told of a state that is set aside, and why.
    """
    aside = path.with_name("aside.pt")
    reasons = ""
    if path.exists():
        state, reasons = _fitting(path, identity, idle)
        if state is not None:
            return state
    state = _fitting(aside, identity, idle)[0] if aside.exists() else None
    if reasons:
        log(f"{reasons}; it is kept as {aside}")
        with suppress(FileNotFoundError):  # another process of this run was first
            path.replace(aside)
    return state


def tell_of_another(folder: Path, identity: str, idle: Collection[str], log: Callable[[str], None]) -> None:
    """Say which unfinished run of the same stage lies in another folder, for a stage's key is in its folder's
    name, and what sets it apart from this one."""
    stage = re.fullmatch(r"(.+-)[0-9a-f]{12}", folder.name)
    places = folder.parent.glob(f"{glob.escape(stage[1])}*/state/last.pt") if stage else ()
    others = [place for place in places if re.fullmatch(r".*-[0-9a-f]{12}", place.parts[-3])]
    others = [place for place in others if len(place.parts[-3]) == len(folder.name)]
    if not others:
        return
    newest = max(others, key=lambda place: place.stat().st_mtime)
    _, reasons = _fitting(newest, identity, idle)
    reasons = reasons or "its settings are the same; a version or a stage before it is another"
    log(f"{newest.parent.parent} is not continued: {reasons}")


def _fitting(path: Path, identity: str, idle: Collection[str]) -> tuple[dict[str, Any] | None, str]:
    """A state file's content, or why it is not used."""
    try:
        # Mapped, a file of which only the fingerprint is wanted is not read.
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        lines = differences(state["fingerprint"], identity, idle)
    except (OSError, RuntimeError, EOFError, KeyError, UnpicklingError) as error:
        # A file cut short is a broken archive to torch, in several ways.
        return None, f"the saved state {path} cannot be read ({str(error).splitlines()[0]:.80})"
    if lines:
        return None, f"a state after step {state['step']:,} is of another run: {'; '.join(lines)}"
    return torch.load(path, map_location="cpu", weights_only=True), ""


def restore(state: dict[str, Any], module: nn.Module, optimizer: Any) -> None:
    """Put a loaded state into the live model and optimizer."""
    with torch.no_grad():
        for name, parameter in trainable(module).items():
            parameter.copy_(state["weights"][name])
    optimizer.load_state_dict(state["optimizer"])


def write_curve(path: Path, curve: list[dict[str, float]]) -> None:
    """Write the curve, one row per step; a column that some rows lack is null there."""
    names = dict.fromkeys(name for row in curve for name in row)
    write_table(path, pa.table({name: [row.get(name) for row in curve] for name in names}))
