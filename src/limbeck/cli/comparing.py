"""Comparisons of arms as people and programs see them, for ``limbeck score`` and ``limbeck eval``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from limbeck.cli.output import console
from limbeck.errors import LimbeckError, unknown
from limbeck.evaluation.comparison import Comparison


def pairs(names: Sequence[str], chosen: tuple[str, str] | None = None) -> list[tuple[str, str]]:
    """The two arms that were asked for, else each arm against the first.

    Raises:
        LimbeckError: an arm that is not there, or is to be compared with itself.
    """
    if chosen and chosen[0] == chosen[1]:
        raise LimbeckError(f"--compare {chosen[0]} {chosen[1]} names one arm twice")
    for name in chosen or ():
        if name not in names:
            raise unknown("arm", name, names, "--compare")
    return [chosen] if chosen else [(name, names[0]) for name in names[1:]]


_COMPUTED = re.compile(r"'([^']+)' computed in (\w+)")


def precisions(manifests: Iterable[dict[str, Any]]) -> str:
    """A line where models that are compared computed in different precisions, by their stages' notes; empty
    where all did in one.

    Args:
        manifests: of the evaluations.
    """
    named: dict[str, list[str]] = {}
    for manifest in manifests:
        for model, kind in _COMPUTED.findall("\n".join(manifest["notes"])):
            if model not in named.setdefault(kind, []):
                named[kind].append(model)
    if len(named) < 2:
        return ""
    sides = "; ".join(f"in {kind} {', '.join(models)}" for kind, models in named.items())
    return (
        f"computed {sides}: rounding alone changes answers, so give all of them one dtype (float32 makes "
        "comparisons exact)"
    )


def show(compared: Sequence[Comparison]) -> None:
    """The table of comparisons, where there are any."""
    from limbeck.evaluation.comparison_table import table

    if compared:
        title = "paired by problem; holds: the first is higher, its interval of the difference above 0"
        console(200).print(table(compared, title))
