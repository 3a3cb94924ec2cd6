"""A recipe's YAML as a checked mapping: no key twice, every part of the kind it must be."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

from limbeck.errors import LimbeckError, nearest

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
}
SCALE_KEYS = {"models", "defaults", "stages", "set", "like", "seed", "title", "about", "expect", "claim"}
MAPPINGS = ("paper", "models", "defaults", "stages", "scales", "facts", "claim")


class _Loader(yaml.SafeLoader):
    """YAML takes the last of two equal keys; here that is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag != "tag:yaml.org,2002:merge" and isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen:
                    line = key_node.start_mark.line + 1
                    raise yaml.YAMLError(f"{key_node.value!r} comes twice in one mapping (line {line})")
                seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def read(text: str, where: str) -> dict[str, Any]:
    """The page.

    Raises:
        LimbeckError: no YAML, a key twice or unknown, or a part of another kind.
    """
    try:
        page = yaml.load(text, _Loader)  # a SafeLoader
    except yaml.YAMLError as error:
        raise LimbeckError(f"{where} is not valid YAML: {error}") from error
    if not isinstance(page, dict):
        raise LimbeckError(f"{where} is empty or not a mapping")
    _known(page, KEYS, where)
    for name in MAPPINGS:
        _mapping(page.get(name), f"{where}: {name}")
    for table in ("models", "stages"):
        for name in page.get(table) or {}:
            if not isinstance(name, str):
                raise LimbeckError(f"{where}: {table[:-1]} {name!r}: a name is text; put it in quotes")
    _defaults(page, where)
    if not isinstance(page.get("extends", ""), str):
        raise LimbeckError(f"{where}: extends names a recipe, got {page['extends']!r}")
    for name, scale in (page.get("scales") or {}).items():
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
        return yaml.load(text, _Loader)
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
