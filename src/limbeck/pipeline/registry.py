"""Room and file name lead to a method. Listing reads signatures from source text and imports nothing.

A method is a file ``room/name.py``, or ``room/shelf/name.py``, with a public function ``name``; its key is
``room/name`` wherever it lies. Besides the package itself, methods are found in every folder on
``LIMBECK_PATH`` and in ``./limbeck_methods``, in sub-folders named like rooms.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from limbeck.errors import LimbeckError, unknown
from limbeck.pipeline.signature import PACKAGE, describe, gathered
from limbeck.pipeline.signature import Method as Method
from limbeck.pipeline.signature import Parameter as Parameter

ROOMS: dict[str, str] = {
    "problems": "questions with a reference answer and a way to check it",
    "models": "something that can generate and score text",
    "decoding": "a model made of a model: votes, searches, prompts",
    "teachers": "ways to get traces for problems",
    "formats": "how reasoning and answer are joined into a text, and split again",
    "verifiers": "who decides that a trace is right",
    "curation": "mark, choose, pair and order traces; nothing is deleted",
    "objectives": "what a student minimises",
    "rollouts": "how a step's traces come about while a student trains",
    "rewards": "what rollouts are rewarded with",
    "students": "where a student comes from and how it is changed before training",
    "training": "one loop for every objective",
    "evaluation": "numbers with error bars",
}


@dataclass(frozen=True)
class Bound:
    """A method with its parameters fixed: what a method of one room receives of another room."""

    name: str
    module: ModuleType
    params: dict[str, Any]

    def __call__(self, *args: Any, **more: Any) -> Any:
        return getattr(self.module, self.name)(*args, **self.params, **more)


def bound(chosen: Method, params: dict[str, Any]) -> Bound:
    """A method with a value for each of its settings."""
    return Bound(chosen.name, chosen.load(), gathered(chosen, params))


def roots() -> list[Path]:
    """Folders that hold rooms: the user's own first, so that a user may replace a method of ours."""
    own = [Path(entry) for entry in os.environ.get("LIMBECK_PATH", "").split(os.pathsep) if entry]
    return [*own, Path("limbeck_methods").resolve(), PACKAGE]


def methods(room: str) -> dict[str, Method]:
    """All methods of a room by name, in alphabetical order."""
    if room not in ROOMS:
        raise unknown("room", room, ROOMS)
    return _methods(room, tuple(roots()))


@cache
def _methods(room: str, where: tuple[Path, ...]) -> dict[str, Method]:
    found: dict[str, Method] = {}
    for root in where:
        here: dict[str, Method] = {}
        for path in sorted((root / room).rglob("[a-z]*.py")):
            described = describe(room, path)
            if described and (other := here.get(path.stem)):
                raise LimbeckError(f"two methods are called {room}/{path.stem}: {other.path} and {path}")
            if described:
                here[path.stem] = described
        found = {**here, **found}  # an earlier root, the user's own, goes before the package
    return dict(sorted(found.items()))


@cache
def _renamed(where: tuple[Path, ...]) -> dict[str, Method]:
    """Methods by the keys they had once: their files' ``WAS``."""
    return {old: entry for room in ROOMS for entry in _methods(room, where).values() for old in entry.was}


def method(key: str, where: str = "") -> Method:
    """The method named ``room/name``, by its name of today or an earlier one, or a bare ``name`` that one
    room has."""
    if "/" in key:
        room, name = key.split("/", 1)
        if room not in ROOMS:
            raise unknown("room", room, ROOMS, where)
        if name in methods(room):
            return methods(room)[name]
        if key in (renamed := _renamed(tuple(roots()))):
            return renamed[key]
        raise unknown(f"method in {room}/", name, methods(room), where)
    having = [room for room in ROOMS if key in methods(room)]
    if len(having) == 1:
        return methods(having[0])[key]
    if having:
        names = ", ".join(f"{room}/{key}" for room in having)
        raise LimbeckError(
            f"{key!r} is a method of several rooms{f' ({where})' if where else ''}: say {names}"
        )
    raise unknown("method", key, [f"{room}/{name}" for room in ROOMS for name in methods(room)], where)


def bind(room: str, value: str | dict[str, Any], where: str) -> tuple[Method, dict[str, Any]]:
    """Read ``redi`` or ``{redi: {alpha: 0.8}}`` as a method of a room and its (unchecked) parameters."""
    if isinstance(value, dict):
        if len(value) != 1:
            raise LimbeckError(
                f"{where}: one {room} method is wanted, as name or {{name: {{…}}}}, not {value!r}"
            )
        name, params = next(iter(value.items()))
        params = params or {}
    else:
        name, params = value, {}
    if not isinstance(name, str) or not isinstance(params, dict):
        raise LimbeckError(f"{where}: one {room} method is wanted, as name or {{name: {{…}}}}, not {value!r}")
    return method(f"{room}/{name}" if "/" not in name else name, where), params
