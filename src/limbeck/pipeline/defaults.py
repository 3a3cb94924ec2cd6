"""What a recipe says of a method once: its ``defaults``, which hold wherever the page names the method."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator
from typing import Any

from limbeck.errors import LimbeckError, nearest
from limbeck.pipeline import parameters as P
from limbeck.pipeline.registry import Method, bind, method
from limbeck.pipeline.rooms import ROOM_OF

Page = dict[str, Any]
"""A recipe's YAML, read and checked by `limbeck.pipeline.pages`."""
WEIGHTS = "models/transformers"
"""What opens the weights that a stage makes."""
Named = Iterator[tuple[Method, dict[str, Any]]]


def named(page: Page, but: Collection[str] = ()) -> Named:
    """Every method that the stages (``but`` some) and models of a page name, with its settings.

    The settings may be changed in place. Methods given to a method come after it. What is no method of ours
    is left out: the plan says what is wrong with it.
    """
    for name, stage in (page.get("stages") or {}).items():
        if name not in but and isinstance(stage, dict) and isinstance(stage.get("use"), str):
            yield from _with_inner(stage["use"], stage)
    for model in (page.get("models") or {}).values():
        if isinstance(model, dict):
            use = str(model.get("use", "transformers"))
            yield from _with_inner(use if "/" in use else f"models/{use}", model)


def inside(page: Page) -> Named:
    """The same of a page's defaults: the methods they are of, and those that they give to one."""
    for key, settings in (page.get("defaults") or {}).items():
        if settings:
            yield from _with_inner(key, settings)


def _with_inner(use: str, settings: dict[str, Any]) -> Named:
    try:
        chosen = method(use)
    except LimbeckError:
        return
    yield chosen, settings
    # Only now: a default may just have given it another method.
    for name, parameter in chosen.params.items():
        want = P.wanted(parameter)
        if want.kind not in ROOM_OF or not settings.get(name):
            continue
        values = settings[name] if want.many and isinstance(settings[name], list) else [settings[name]]
        for place, value in enumerate(values):
            try:
                inner, given = bind(ROOM_OF[want.kind], value, name)
            except LimbeckError:
                continue
            changed = dict(given)
            yield from _with_inner(inner.key, changed)
            if changed != given:  # a bare name stays one unless something was set inside it
                values[place] = {inner.name: changed}
        settings[name] = values if values is settings[name] else values[0]


def by_method(page: Page) -> dict[str, dict[str, Any]]:
    """A page's defaults by the methods' keys of today."""
    return {method(key).key: settings or {} for key, settings in (page.get("defaults") or {}).items()}


def fill(page: Page, but: Collection[str] = ()) -> set[str]:
    """Give every method named on a page, in place, the defaults that it does not set itself.

    Returns:
        The keys of the methods named, those that came with a default included.
    """
    defaults, keys = by_method(page), set()
    for chosen, settings in named(page, but):
        keys.add(chosen.key)
        for name, value in defaults.get(chosen.key, {}).items():
            settings.setdefault(name, copy.deepcopy(value))
    return keys


def opening(page: Page) -> dict[str, Any]:
    """What a page's defaults say of how the weights of its stages are opened to be sampled."""
    return copy.deepcopy(by_method(page).get(WEIGHTS, {}))


def start(page: Page, stage: dict[str, Any], name: str) -> dict[str, Any]:
    """``{name: value}``, the page's default of a parameter that a stage does not set itself, or nothing."""
    if name in stage or not page.get("defaults"):
        return {}
    settings = by_method(page).get(method(stage["use"]).key, {})
    return {name: copy.deepcopy(settings[name])} if name in settings else {}


def check(page: Page, written: Page, where: str) -> None:
    """Refuse defaults that can have no effect. ``written`` is the page without what it extends.

    Raises:
        LimbeckError: a default is of no method, of a parameter that the method does not have, or of a method
            that the page names at none of its scales.
    """
    parts = [written, *(scale or {} for scale in (written.get("scales") or {}).values())]
    tables = [part["defaults"] for part in parts if part.get("defaults")]
    for table in tables:
        for key, settings in table.items():
            _check_one(key, settings or {}, where)
    if not tables:
        return
    used = {WEIGHTS} | {key for part in _at_scales(page) for key in fill(part)}
    for key in (key for table in tables for key in table):
        if method(key).key not in used:
            raise LimbeckError(f"{where}: defaults of {key}, which no stage uses{nearest(key, used)}")


def _at_scales(page: Page) -> Iterator[Page]:
    """The page, and for each scale the page with the stages, models and defaults that the scale changes."""
    yield copy.deepcopy(page)
    for scale in (page.get("scales") or {}).values():
        part: Page = {}
        for table in ("defaults", "stages", "models"):
            part[table] = dict(page.get(table) or {})
            for name, body in ((scale or {}).get(table) or {}).items():
                part[table][name] = {**(part[table].get(name) or {}), **(body or {})}
        yield copy.deepcopy(part)


def _check_one(key: str, settings: dict[str, Any], where: str) -> None:
    if "/" not in key:
        raise LimbeckError(f"{where}: defaults are those of a method, as room/method: {{…}}, got {key!r}")
    chosen = method(key, f"{where}: defaults")
    known = {name for name, parameter in chosen.params.items() if P.is_setting(parameter)}
    for name in settings:
        if name not in known:
            raise LimbeckError(
                f"{where}: defaults: {chosen.key} has no parameter {name!r}{nearest(name, known)}"
            )
