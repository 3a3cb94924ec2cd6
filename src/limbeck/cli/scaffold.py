"""``limbeck new ROOM NAME``: a method, a recipe that runs it and a test with values worked out by hand.

The three are written from the templates in ``assets/scaffolds/ROOM``, each a method that works as it is. In
them ``NAME`` stands for the method's name.
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from limbeck.cli.output import give, tell
from limbeck.errors import LimbeckError, unknown
from limbeck.pipeline.loading import PACKAGE
from limbeck.pipeline.registry import ROOMS, methods
from limbeck.pipeline.rooms import folder

TEMPLATES = PACKAGE / "assets" / "scaffolds"
NONE = {"training": "one loop serves every objective; write an objective, a rollout, a reward or a student"}
"""Rooms that nobody writes a method of, and why."""


def new(place: str, name: str, into: Path | None) -> None:
    """Write the three files; nothing that exists is overwritten.

    Args:
        place: a room, or a room and a shelf in it, such as ``curation/mark``.

    Raises:
        LimbeckError: no such room, a name that is none or is taken, or a file that is there already.
    """
    room, shelf = _room_and_shelf(place)
    if room in NONE:
        raise LimbeckError(f"no method of {room}/ is to be written: {NONE[room]}")
    if not name.isidentifier() or keyword.iskeyword(name) or name != name.lower() or name.startswith("_"):
        raise LimbeckError(f"a method's name is a lower-case Python identifier, got {name!r}")
    if name in methods(room):
        raise LimbeckError(f"{room}/{name} exists already: {methods(room)[name].path}")
    root = into or Path("limbeck_methods")
    files = {
        root / folder(room) / shelf / f"{name}.py": _method(room, name),
        root / "recipes" / f"{name}.yaml": _filled("head_of_recipe.yaml", room, name)
        + _of(room, "recipe.yaml", name),
        root / f"test_{name}.py": _test(room, name),
    }
    for path in files:
        if path.exists():
            raise LimbeckError(f"{path} exists already")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        tell(f"wrote {path}")
    tell(f"try: limbeck run {root / 'recipes' / f'{name}.yaml'}; then: pytest {root}")
    give({"method": f"{room}/{name}", "written": [*files]})


def _room_and_shelf(place: str) -> tuple[str, str]:
    """``curation/mark`` is a shelf of curation, ``evaluation/metrics`` the room of metrics; ``metric`` means
    ``metrics``."""
    place = place.strip("/")
    for room in sorted(ROOMS, key=lambda room: -len(folder(room))):
        for known in (folder(room), room, room.removesuffix("s")):
            if place == known or place.startswith(f"{known}/"):
                return room, place.removeprefix(known).strip("/")
    raise unknown("room", place, ROOMS)


def _method(room: str, name: str) -> str:
    return _filled("head_of_method.py", room, name) + _of(room, "method.py", name)


def _test(room: str, name: str) -> str:
    """The head that all tests share, with the imports that this one needs."""
    imports, _, body = _of(room, "test.py", name).partition("---\n")
    return _filled("head_of_test.py", room, name).replace("IMPORTS\n", f"{imports}\n") + body


def _of(room: str, file: str, name: str) -> str:
    return _filled(f"{room}/{file}", room, name)


def _filled(file: str, room: str, name: str) -> str:
    text = (TEMPLATES / f"{file}.txt").read_text(encoding="utf-8")
    words = {"NAME": name, "TITLE": name.replace("_", " ").capitalize(), "ROOM": room}
    return re.sub("|".join(words), lambda match: words[match[0]], text)
