"""A recipe's YAML as a checked mapping: no key twice, every part of the kind it must be."""

from __future__ import annotations

import re
from typing import Any

import yaml

from limbeck.errors import LimbeckError, nearest
from limbeck.pipeline import plain_yaml

KEYS = {
    "extends",
    "paper",
    "title",
    "about",
    "expect",
    "seed",
    "models",
    "defaults",
    "stages",
    "scales",
    "facts",
    "claim",
    "notes",
    "tags",
}
SCALE_KEYS = {"models", "defaults", "stages", "set", "like", "seed", "title", "about", "expect", "claim"}
MAPPINGS = ("paper", "models", "defaults", "stages", "scales", "facts", "claim", "tags")


def read(text: str, where: str) -> dict[str, Any]:
    """The page.

    Raises:
        LimbeckError: no YAML, a key twice or unknown, or a part of another kind.
    """
    try:
        page = plain_yaml.load(text)
    except yaml.YAMLError as error:
        raise LimbeckError(f"{where} is not valid YAML: {error}") from error
    if not isinstance(page, dict):
        raise LimbeckError(f"{where} is empty or not a mapping")
    _known(page, KEYS, where)
    for name in MAPPINGS:
        _mapping(page.get(name), f"{where}: {name}")
    for table in ("models", "stages"):
        for name in page.get(table) or {}:
            need_name(name, table[:-1], where)
    _defaults(page, where)
    if not isinstance(page.get("extends", ""), str):
        raise LimbeckError(f"{where}: extends names a recipe, got {page['extends']!r}")
    for name, scale in (page.get("scales") or {}).items():
        need_name(name, "scale", where)
        _mapping(scale, f"{where}: scale {name}")
        _known(scale or {}, SCALE_KEYS, f"{where}: scale {name}")
        for part in ("models", "defaults", "stages", "set"):
            _mapping((scale or {}).get(part), f"{where}: scale {name}: {part}")
        _defaults(scale or {}, f"{where}: scale {name}")
    return page


def value(text: str, where: str) -> Any:
    """A value as YAML has it.

    Raises:
        LimbeckError: it is no YAML.
    """
    try:
        return plain_yaml.load(text)
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or error
        raise LimbeckError(f"{where}: {text!r} is no YAML value: {problem}") from error


def method_text(text: str, where: str = "") -> str | dict[str, Any]:
    """A method as the command line spells it: ``gsm8k:path=x,n=3`` is ``{gsm8k: {path: x, n: 3}}``, a bare
    name itself.

    Raises:
        LimbeckError: a parameter without a value, or with one that is no YAML.
    """
    name, _, rest = text.partition(":")
    if not rest:
        return name
    params = {}
    for part in rest.split(","):
        key, sign, given = part.partition("=")
        if not sign:
            place = f"{where}: " if where else ""
            raise LimbeckError(f"{place}write parameters as {name}:key=value,key=value, not {text!r}")
        params[key.strip()] = value(given, where or text)
    return {name: params}


def need_name(name: Any, what: str, where: str) -> None:
    """Refuse a name that cannot stand in the name of a folder, or would lead out of it.

    Raises:
        LimbeckError: naming it.
    """
    if not isinstance(name, str):
        raise LimbeckError(f"{where}: {what} {name!r}: a name is text; put it in quotes")
    if not name.strip() or name[0] == "." or re.search(r"[/\\\x00-\x1f\x7f\ud800-\udfff]", name):
        raise LimbeckError(
            f"{where}: {what} {name!r:.80}: folders are called by it, so it is not empty, has no / or \\ and "
            "begins with no dot"
        )
    if len(name.encode()) > 100:
        raise LimbeckError(f"{where}: {what} {name[:40]!r}…: a name has at most 100 bytes")


def _known(mapping: dict[str, Any], keys: set[str], where: str) -> None:
    for key in mapping:
        if key not in keys:
            raise LimbeckError(f"{where}: unknown key {key!r}{nearest(str(key), keys)}")


def _defaults(part: dict[str, Any], where: str) -> None:
    for method, settings in (part.get("defaults") or {}).items():
        _mapping(settings, f"{where}: defaults: {method}")


def _mapping(part: Any, where: str) -> None:
    if part is not None and not isinstance(part, dict):
        raise LimbeckError(f"{where} is a mapping, got {part!r:.60}")
