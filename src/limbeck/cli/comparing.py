"""Comparisons of arms as people and programs see them, for ``limbeck score`` and ``limbeck eval``."""

from __future__ import annotations

from collections.abc import Sequence

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


def show(compared: Sequence[Comparison]) -> None:
    """The table of comparisons, where there are any."""
    from limbeck.evaluation.comparison_table import table

    if compared:
        title = "paired by problem; holds: the first is higher, its interval of the difference above 0"
        console(200).print(table(compared, title))
