"""A metric as a recipe names it: ``mean_tokens``, ``pass@8``, ``{items_at: {places: rare}}``, or as on the
command line: ``items_at:places=rare``.

A metric called ``NAME_at`` is also written ``NAME@VALUE``, the value being its first setting: ``pass@8`` is
``{pass_at: {k: 8}}``, ``score@loss`` is ``{score_at: {name: loss}}``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from limbeck.errors import LimbeckError, unknown
from limbeck.pipeline import pages
from limbeck.pipeline import parameters as P
from limbeck.pipeline.registry import Bound, Method, bind, bound, methods

ROOM = "metrics"
RETURNS = {"float", "int", "bool", "None", "tuple", "Optional", "Any"}
"""The words that a metric's return annotation may be made of."""


@dataclass(frozen=True)
class Metric:
    """A metric with its settings. ``label`` is what tables and claims call it."""

    label: str
    unit: str
    function: Bound

    @property
    def combine(self) -> Any:
        """Its module's ``combine``, where it is no mean over problems; else None."""
        return getattr(self.function.module, "combine", None)


def spellings() -> list[str]:
    """All metrics as they may be written, for hints."""
    return [_spelling(entry) for entry in methods(ROOM).values()]


def _spelling(entry: Method) -> str:
    return f"{entry.name.removesuffix('_at')}@{_first(entry).upper()}" if _short(entry) else entry.name


def _short(entry: Method) -> bool:
    return entry.name.endswith("_at") and bool(entry.params)


def _first(entry: Method) -> str:
    return next(iter(entry.params))


def read(value: Any, where: str = "") -> Metric:
    """The metric that a name, or ``{name: {setting: …}}``, means; one already read is given back.

    Raises:
        LimbeckError: an unknown metric or setting, a setting's value that does not fit, or a file that is no
            metric.
    """
    if isinstance(value, Metric):
        return value
    place = f"{where}: metric" if where else "metric"
    entry, given = _named(value, place)
    params = P.check(entry, given, place)
    for reference in P.references(entry, params):
        taken = f"a {reference.kind} ({reference.name})"
        raise LimbeckError(f"{place}: {entry.key} takes {taken}; metrics read stored samples alone")
    unit = _unit(entry)
    return Metric(_label(entry, params), unit, bound(entry, P.with_methods(entry, params)))


def _named(value: Any, place: str) -> tuple[Method, dict[str, Any]]:
    value = pages.method_text(value, place) if isinstance(value, str) else value
    name, sign, setting = value.partition("@") if isinstance(value, str) else ("", "", "")
    if sign:
        entry = methods(ROOM).get(f"{name}_at")
        if entry is None or not _short(entry) or not setting:
            raise unknown("metric", str(value), spellings(), place.rpartition(":")[0])
        return entry, {_first(entry): setting}
    if isinstance(value, str) and "/" not in value and value not in methods(ROOM):
        raise unknown("metric", value, spellings(), place.rpartition(":")[0])
    return bind(ROOM, value, place)


def _unit(entry: Method) -> str:
    """The file's ``UNIT``, after a look at whether it holds a metric at all."""
    what = f"{entry.key} ({entry.path})"
    if len(entry.inputs) != 2:
        takes = ", ".join(parameter.name for parameter in entry.inputs) or "nothing"
        raise LimbeckError(f"{what} takes {takes}; a metric takes a problem and its traces")
    if not set(re.findall(r"\w+", entry.returns)) <= RETURNS:
        raise LimbeckError(f"{what} returns {entry.returns}; a metric returns float | None")
    unit = getattr(entry.load(), "UNIT", None)
    if not isinstance(unit, str) or not unit:
        raise LimbeckError(f"{what} has no UNIT such as 'share', 'tokens' or 'characters'")
    return unit


def _label(entry: Method, params: dict[str, Any]) -> str:
    """Its name and the settings that are no default: ``pass@8``, ``items@rare(others=True)``."""
    changed = {key: value for key, value in params.items() if value != entry.params[key].default}
    label = entry.name
    if _short(entry):
        label = f"{entry.name.removesuffix('_at')}@{_word(params[_first(entry)])}"
        changed.pop(_first(entry), None)
    more = ", ".join(f"{key}={_word(value)}" for key, value in changed.items())
    return f"{label}({more})" if more else label


def _word(value: Any) -> str:
    """A setting's value; of another room's method only the name."""
    return str(next(iter(value))) if isinstance(value, dict) and value else str(value)
