"""Values from a recipe, checked against a method's signature before anything runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from glob import glob
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from limbeck.errors import LimbeckError, nearest, unknown
from limbeck.pipeline.registry import bind
from limbeck.pipeline.signature import PACKAGE, Method, Parameter

ROOM_OF = {
    "Verifier": "verifiers", "Objective": "objectives", "Student": "students", "Rollout": "rollouts",
    "Reward": "rewards",
}  # fmt: skip
REFERENCES = ("Model", "Checkpoint", "Stored")
KNOBS = {"workers", "device", "concurrency", "retries", "track", "key_env"}
"""Parameters that cannot change a result, so they are not part of a stage's key."""
MODEL_KNOBS = KNOBS | {"batch_tokens", "wave", "timeout", "price_in", "price_out"}
"""The same for a model's parameters. (A verifier's ``timeout`` decides verdicts and does count.)"""

_TYPES: dict[str, Any] = {
    "list": list, "dict": dict, "tuple": tuple, "str": str, "int": int, "float": float, "bool": bool,
    "None": None,
    "Any": Any, "Literal": Literal, "InputFile": str,
}  # fmt: skip


@cache
def _type(annotation: str) -> Any:
    return eval(annotation, {"__builtins__": {}}, _TYPES)


def base(annotation: str) -> str:
    """``Model | None`` is a ``Model``."""
    return annotation.replace("| None", "").strip()


def is_setting(parameter: Parameter) -> bool:
    """Whether a recipe may set it: everything but the stage's own surroundings."""
    return base(parameter.annotation) != "Context"


def convert(value: Any, parameter: Parameter, where: str) -> Any:
    """A plain value in the type its annotation asks for: ``"1e-5"`` becomes a float, one value a list of
    one."""
    if base(parameter.annotation).startswith(("list", "tuple")) and isinstance(value, str | int | float):
        value = [value]
    try:
        return msgspec.convert(value, _type(parameter.annotation), strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise LimbeckError(
            f"{where}: parameter {parameter.name!r} is a {parameter.annotation}, got {value!r} ({error})"
        ) from None


def check(method: Method, given: dict[str, Any], where: str) -> dict[str, Any]:
    """All parameters of a method, defaults filled in and values converted; unknown or missing ones raise.

    References to models, checkpoints and other rooms' methods stay as written, methods with their own
    parameters checked and filled in as ``{name: {…}}``.
    """
    settable = {name: parameter for name, parameter in method.params.items() if is_setting(parameter)}
    for name in given:
        if name not in settable:
            raise LimbeckError(f"{where}: {method.key} has no parameter {name!r}{nearest(name, settable)}")
    checked: dict[str, Any] = {}
    for name, parameter in settable.items():
        if name not in given:
            if parameter.required:
                raise LimbeckError(f"{where}: {method.key} needs {name!r} ({parameter.annotation})")
            value = parameter.default
        else:
            value = given[name]
        kind = base(parameter.annotation)
        if value is None and "None" in parameter.annotation:
            checked[name] = None
        elif kind in ROOM_OF:
            inner, inner_given = bind(ROOM_OF[kind], value, f"{where}: {name}")
            checked[name] = {inner.name: check(inner, inner_given, f"{where}: {name}")}
        elif kind in REFERENCES:
            if not isinstance(value, str):
                raise LimbeckError(f"{where}: {name!r} names a model or a stage, got {value!r}")
            checked[name] = value
        else:
            checked[name] = convert(value, parameter, where)
    return checked


class Reference(NamedTuple):
    """A parameter that names a model or a stage: dotted; a ``Model``, ``Checkpoint`` or ``Stored``; the name
    given, and whose parameter it is."""

    name: str
    kind: str
    value: str
    owner: Method


def references(method: Method, params: dict[str, Any], prefix: str = "") -> Iterator[Reference]:
    """All models and stages that parameters name, also those of inner methods."""
    for name, parameter in method.params.items():
        kind, value = base(parameter.annotation), params.get(name)
        if value is None:
            continue
        if kind in REFERENCES:
            yield Reference(f"{prefix}{name}", kind, value, method)
        elif kind in ROOM_OF:
            inner, given = bind(ROOM_OF[kind], value, name)
            yield from references(inner, given, f"{prefix}{name}.")


def first_named(kind: str, value: dict[str, Any]) -> dict[str, Any]:
    """An inner method under the name it was born with, and those given to it: what a digest is made of."""
    name, params = next(iter(value.items()))
    inner, _ = bind(ROOM_OF[kind], name, kind)
    within = {key: base(parameter.annotation) for key, parameter in inner.params.items()}
    born = {
        key: first_named(within[key], param) if within.get(key) in ROOM_OF and param else param
        for key, param in params.items()
    }
    return {inner.first_name: born}


def inner_versions(kind: str, value: dict[str, Any]) -> list[int]:
    """Versions of a method that another one is given, and of those given to it."""
    name, params = next(iter(value.items()))
    inner, _ = bind(ROOM_OF[kind], name, kind)
    found = [inner.version]
    for key, parameter in inner.params.items():
        within = base(parameter.annotation)
        if within in ROOM_OF and params.get(key) is not None:
            found += inner_versions(within, params[key])
    return found


def resolve_path(value: str, folder: Path | None = None) -> str:
    """``asset:haste/teacher`` is a folder of the package; a path relative to its recipe is found from
    anywhere."""
    if value.startswith("asset:"):
        return str(PACKAGE / "assets" / value.removeprefix("asset:"))
    if (
        folder is not None
        and value
        and not Path(value).is_absolute()
        and not glob(value)
        and glob(str(folder / value))
    ):
        return str(folder / value)
    return value


def content_key(path: str) -> Any:
    """What identifies a file's or folder's content: digests up to 64 MB, beyond that names, sizes and times.

    A name that is no local path (a Hub id) identifies itself.
    """
    found = sorted(glob(path)) if path else []
    files = [
        file
        for entry in found
        for file in ([Path(entry)] if Path(entry).is_file() else Path(entry).rglob("*"))
    ]
    files = sorted(file for file in files if file.is_file())
    if not files:
        return path
    if sum(file.stat().st_size for file in files) > 64 * 2**20:
        return [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    return [[file.name, hashlib.sha256(file.read_bytes()).hexdigest()] for file in files]


def need_file(path: str, where: str) -> None:
    """Raise unless something is at ``path`` (a glob may match several)."""
    if path and not glob(path):
        folder = Path(path).parent
        known = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        raise LimbeckError(f"{where}: no file at {path}{nearest(Path(path).name, known) if known else ''}")


def need_model(path: str, where: str) -> None:
    """Raise where nothing is at a model's path that can be no Hub id, ``name`` or ``owner/name``."""
    if (path.count("/") > 1 or path.startswith((".", "/", "~")) or "\\" in path) and not Path(path).is_dir():
        folder = Path(path).parent
        known = [entry.name for entry in folder.iterdir() if entry.is_dir()] if folder.is_dir() else []
        raise LimbeckError(f"{where}: no model folder at {path}{nearest(Path(path).name, known)}")


def need_known(name: str, known: Any, what: str, where: str) -> None:
    """Raise unless ``name`` is among ``known``."""
    if name not in known:
        raise unknown(what, name, known, where)
