"""How a number is written: its unit stands with the metric that measured it, and this is where it is read.

Tables on the command line, the report and claims all write their numbers through `shown` and `bare`.
"""

from __future__ import annotations

from typing import NamedTuple


class Style(NamedTuple):
    """The number is multiplied by ``scale``, formatted with ``digits`` and followed by ``name``."""

    scale: float
    digits: str
    name: str


STYLES = {
    "share": Style(100, ".1f", "%"),
    "tokens": Style(1, ".1f", "tokens"),
    "nats": Style(1, ".3f", "nats"),
    "bits": Style(1, ".3f", "bits"),
    "seconds": Style(1, ".2f", "s"),
    "count": Style(1, ".1f", ""),
    "score": Style(1, ".3f", ""),
}
"""The units whose writing is fixed. A metric may have any other word as its unit."""


def style(unit: str) -> Style:
    """How a unit is written; one that nobody knows is written behind four significant digits."""
    return STYLES.get(unit, Style(1, ".4g", unit))


def name(unit: str) -> str:
    """What stands behind a number of this unit or over its column: ``%`` for a share, else the unit."""
    return style(unit).name


def bare(value: float, unit: str, sign: str = "") -> str:
    """A number without its unit: ``74.7`` for a share of 0.747. ``sign="+"`` writes a plus too."""
    return f"{style(unit).scale * value:{sign}{style(unit).digits}}"


def chance(p: float) -> str:
    """A p-value, which is never 0: ``0.032``, or ``<0.001``."""
    return "<0.001" if p < 0.0005 else f"{p:.3f}"


def shown(value: float, unit: str, low: float | None = None, high: float | None = None) -> str:
    """A number with its unit and, where both are given, its interval: ``74.7 % [70.1, 79.2]``."""
    text = f"{bare(value, unit)} {name(unit)}".rstrip()
    return text if low is None or high is None else f"{text} [{bare(low, unit)}, {bare(high, unit)}]"
