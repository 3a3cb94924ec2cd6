"""Keys of steps as they once were: what was made, or paid for, under one of them is used where it lies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from limbeck.pipeline import files, knobs

FORMS: tuple[Callable[[], AbstractContextManager[None]], ...] = (knobs.addressed, files.by_time)
"""Inside each of them keys are of a form that they once had."""


def keys(key_of: Callable[[], str]) -> list[str]:
    """A key in its earlier forms."""
    then = []
    for form in FORMS:
        with form():
            then.append(key_of())
    return then


def place(name: str, stages: Path, key_of: Callable[[], str]) -> tuple[str, Path]:
    """A step's key and folder; those of an earlier form where it was made or begun under that."""
    key = key_of()
    folder = stages / f"{name}-{key}"
    if stages.exists() and not folder.exists():
        for then in keys(key_of):
            if (before := stages / f"{name}-{then}").exists():
                return then, before
    return key, folder
