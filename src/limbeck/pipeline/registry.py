"""Room and file name lead to a method. Listing reads signatures from source text and imports nothing.

A method is a file ``room/name.py``, or ``room/shelf/name.py``, with a public function ``name``; its key is
``room/name`` wherever it lies. Besides the package itself, methods are found in every folder on
``LIMBECK_PATH`` and in ``./limbeck_methods``, in sub-folders named like rooms.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from limbeck.errors import LimbeckError, unknown
from limbeck.pipeline.loading import PACKAGE
from limbeck.pipeline.rooms import CONTRACTS, folder
from limbeck.pipeline.signature import Method as Method
from limbeck.pipeline.signature import Parameter as Parameter
from limbeck.pipeline.signature import describe, flawed, gathered
from limbeck.pipeline.source import public_functions, summary_in

ROOMS: dict[str, str] = {room: contract.about for room, contract in CONTRACTS.items()}


@dataclass(frozen=True)
class Bound:
    """A method with its parameters fixed: what a method of one room receives of another room."""

    name: str
    module: ModuleType = field(repr=False)
    params: dict[str, Any]

    def __call__(self, *args: Any, **more: Any) -> Any:
        return getattr(self.module, self.name)(*args, **self.params, **more)


def bound(chosen: Method, params: dict[str, Any]) -> Any:
    """A method with a value for each of its settings."""
    return fixed(chosen, gathered(chosen, params))


def fixed(chosen: Method, keywords: dict[str, Any]) -> Any:
    """A method with its keyword arguments; a format, which has none, as its module."""
    return chosen.load() if chosen.room == "formats" else Bound(chosen.name, chosen.load(), keywords)


def roots() -> tuple[Path, ...]:
    """Folders that hold rooms: the user's own first, so that a user may replace a method of ours."""
    return _roots(os.environ.get("LIMBECK_PATH", ""), os.getcwd())


@cache
def _roots(listed: str, here: str) -> tuple[Path, ...]:
    # Asked for at every look-up of a method, thousands of times for a plan.
    entries = [*filter(None, listed.split(os.pathsep)), "limbeck_methods"]
    return (*(Path(here, entry) for entry in entries), PACKAGE)


def methods(room: str) -> dict[str, Method]:
    """All methods of a room by name, in alphabetical order."""
    if room not in ROOMS:
        raise unknown("room", room, ROOMS)
    return _methods(room, roots())


def _files(room: str, root: Path) -> list[Path]:
    """Files that may hold a room's methods; those of a room within its folder are not among them."""
    here = folder(room)
    within = [root / other for other in map(folder, ROOMS) if other.startswith(f"{here}/")]
    paths = sorted((root / here).rglob("[a-z]*.py"))
    return [path for path in paths if not any(path.is_relative_to(other) for other in within)]


@cache
def _methods(room: str, where: tuple[Path, ...]) -> dict[str, Method]:
    entries: dict[str, Method] = {}
    for root in where:
        here: dict[str, Method] = {}
        for path in _files(room, root):
            entry = describe(room, path)
            if entry and (other := here.get(path.stem)):
                flaw = f"two methods are called {room}/{path.stem}: {other.path} and {path}; rename one"
                entry = flawed(room, path, flaw)
            if entry:
                here[path.stem] = entry
        entries = {**here, **entries}  # an earlier root, the user's own, goes before the package
    return dict(sorted(entries.items()))


def summaries(room: str) -> dict[str, str]:
    """What each method of a room is, by name, for a listing: of the package's own files, which tests hold to
    their form, the text alone is searched; describing all of them takes three times as long."""
    theirs = _methods(room, tuple(root for root in roots() if root != PACKAGE))
    told = {path.stem: summary_in(path, room) for path in _files(room, PACKAGE)}
    ours = {name: text for name, text in told.items() if text}
    return dict(sorted((ours | {name: entry.summary for name, entry in theirs.items()}).items()))


@cache
def _renamed(where: tuple[Path, ...]) -> dict[str, list[Method]]:
    """Methods by the keys they had once: their files' ``WAS``. Two that claim one key is a mistake."""
    former: dict[str, list[Method]] = {}
    for room in ROOMS:
        taken: set[str] = set()
        for root in where:
            files = [path for path in _files(room, root) if path.stem not in taken]
            # Describing every method takes longer than all else of a lookup, and few were ever renamed.
            renamed = [path for path in files if b"WAS" in path.read_bytes()]
            for entry in filter(None, (describe(room, path) for path in renamed)):
                for old in entry.was:
                    if old != entry.key:
                        former.setdefault(old, []).append(entry)
            taken.update(path.stem for path in files)
    return former


def method(key: str, where: str = "") -> Method:
    """The method named ``room/name``, by its name of today or an earlier one, or a bare ``name`` that one
    room has.

    Raises:
        LimbeckError: there is none, or its file cannot be used as it is.
    """
    place = f" ({where})" if where else ""
    if "/" not in key:
        having = [room for room in ROOMS if key in methods(room)]
        if len(having) > 1:
            names = ", ".join(f"{room}/{key}" for room in having)
            raise LimbeckError(f"{key!r} is a method of several rooms{place}: say {names}")
        if not having:
            every = [f"{room}/{name}" for room in ROOMS for name in methods(room)]
            raise unknown("method", key, every, where)
        key = f"{having[0]}/{key}"
    room, name = key.split("/", 1)
    if room not in ROOMS:
        raise unknown("room", room, ROOMS, where)
    entry, former = methods(room).get(name), _renamed(roots()).get(key, [])
    if len(claims := [*former, *([entry] if entry else [])]) > 1:
        files = " and ".join(str(each.path) for each in claims)
        raise LimbeckError(
            f"{key} is claimed by {files}{place}: a name in WAS must be nobody else's; rename one"
        )
    if not claims:
        raise _no_method(room, name, where)
    if claims[0].flaw:
        raise LimbeckError(f"{claims[0].flaw}{place}")
    if not claims[0].path.is_relative_to(PACKAGE) and multiprocessing.parent_process() is None:
        _tell_of_replaced(room, claims[0].name, claims[0].path)
    return claims[0]


@cache
def _tell_of_replaced(room: str, name: str, path: Path) -> None:
    """Say once that code of the current folder, or on ``LIMBECK_PATH``, goes before a method of the package:
    whoever runs a recipe in a folder of somebody else's should know whose code that is."""
    if any(file.stem == name for file in _files(room, PACKAGE)):
        logging.getLogger("limbeck").warning("%s/%s is %s, in place of the built-in one", room, name, path)


def _no_method(room: str, name: str, where: str) -> LimbeckError:
    """The error for a name that no method has; where a file was meant to hold it, what is wrong with that."""
    for path in (path for root in roots() for path in _files(room, root)):
        functions = public_functions(path) if name == path.stem or not path.is_relative_to(PACKAGE) else []
        if functions and (path.stem == name or name in functions):
            place, held = f" in {where}" if where else "", ", ".join(functions)
            wanted = "parse and render" if room == "formats" else f"a function {path.stem!r}"
            return LimbeckError(
                f"unknown method {room}/{name}{place}: {path} holds {held}; a method's file holds {wanted}"
            )
    return unknown(f"method in {room}/", name, methods(room), where)


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
    chosen = method(f"{room}/{name}" if "/" not in name else name, where)
    if chosen.room != room:
        raise LimbeckError(f"{where}: a method of {room}/ is wanted, got {chosen.key}")
    return chosen, params
