"""What survives a kill: the training state in one file, the curve as Parquet, each replaced as a whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from torch import nn

from limbeck.errors import LimbeckError
from limbeck.pipeline.store import write_table


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


def load_state(path: Path, fingerprint: str) -> dict[str, Any] | None:
    """The saved state, or None where there is none or it belongs to a run with other settings."""
    if not path.exists():
        return None
    state = torch.load(path, map_location="cpu", weights_only=True)
    return state if state["fingerprint"] == fingerprint else None


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
