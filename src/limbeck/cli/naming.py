"""What models and files are called in tables and folders: by what tells them apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path

from limbeck.errors import LimbeckError
from limbeck.pipeline import artefacts
from limbeck.pipeline.store import read_manifest
from limbeck.secrets import redacted
from limbeck.tables.files import KINDS, PACKED

_GIVEN = re.compile(r"(?P<name>[\w.+-]+)=(?P<rest>.+)", re.S)
_INNER = {each.folder for each in artefacts.ALL if each.folder}
"""Folders inside a stage's that hold what it made, such as ``model``."""


def split_name(text: str) -> tuple[str, str]:
    """``NAME=PATH`` as name and path; the name is empty where none is given or a file is called so."""
    given = None if Path(text).exists() else _GIVEN.fullmatch(text)
    return (given["name"], given["rest"]) if given else ("", text)


def names(given: Sequence[tuple[str, str]], called: Callable[[str], str]) -> list[str]:
    """A name for each ``(name, path)``: the one given, else what ``called`` makes of the path.

    Of paths that are called alike, the part nearest their end in which they differ is put in front.

    Raises:
        LimbeckError: the same name or path comes twice.
    """
    made = [name or safe(called(path)) for name, path in given]
    for base in {name for name in made if made.count(name) > 1}:
        alike = [place for place, name in enumerate(made) if name == base and not given[place][0]]
        parts = [[*re.split(r"[/\\@:]+", redacted(given[place][1]).rstrip("/"))][::-1] for place in alike]
        levels = [[safe(part) for part in level] for level in zip_longest(*parts, fillvalue="")]
        apart = max(levels, key=lambda level: len({*level}), default=[])
        for place, part in zip(alike, apart, strict=False) if len({*apart}) > 1 else ():
            made[place] = part if part.startswith(base) else f"{part}-{base}"
    if again := next((place for place, name in enumerate(made) if name in made[:place]), None):
        path = redacted(given[again][1])
        raise LimbeckError(f"{made[again]!r} comes twice ({path}); NAME=PATH gives each a name of its own")
    return made


def of_path(text: str) -> str:
    """A stage's name for its folder or the model in it, a file's name without its kind, else the last part of
    the path."""
    path = Path(text)
    holder = path.parent if path.name in _INNER else path
    manifest = read_manifest(holder) if holder.is_dir() else None
    if manifest and (manifest.get("of") or manifest.get("key")):
        return str(manifest.get("of") or manifest["name"])
    bare = holder.name
    while Path(bare).suffix.lower() in (*KINDS, *PACKED):
        bare = Path(bare).stem
    return bare or text


def safe(text: str) -> str:
    """A name that folders and recipes can bear."""
    return re.sub(r"[^\w.+-]+", "-", text).strip("-.") or "model"
