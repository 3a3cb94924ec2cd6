"""A scorecard of how open a project is: yes/no sheets of several readers, points, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from limbeck.errors import LimbeckError, unknown
from limbeck.pipeline import pages

FILE = Path(__file__).parent.parent / "assets" / "scorecard.yaml"
Items = dict[str, dict[str, float]]
"""Points by area and item."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reader's answer to one item. Without evidence, a link or a place, a yes counts as no."""

    answer: bool
    evidence: str = ""

    @property
    def counts(self) -> bool:
        return self.answer and bool(self.evidence.strip())


@dataclass(frozen=True)
class Total:
    """Points of a sheet, of how many, by area, and the items whose yes has no evidence."""

    points: float
    of: float
    areas: dict[str, float]
    unproven: list[str]


def read_items(path: Path = FILE) -> Items:
    """The scorecard's items with their points.

    Raises:
        LimbeckError: it is none.
    """
    items: Items = _read(path, Items, "a scorecard is areas of items, each with its points")
    return items


def read_sheet(path: Path, items: Items) -> dict[str, Entry]:
    """A reader's sheet: ``item: {answer: yes, evidence: https://…}``. What it leaves out is a no.

    Raises:
        LimbeckError: no sheet, or an item that the scorecard does not have.
    """
    sheet: dict[str, Entry] = _read(
        path, dict[str, Entry], "a sheet is items, each with an answer and its evidence"
    )
    known = [item for area in items.values() for item in area]
    for item in sheet:
        if item not in known:
            raise unknown("item", item, known, str(path))
    return sheet


def _read(path: Path, kind: Any, wanted: str) -> Any:
    try:
        return msgspec.convert(pages.value(path.read_text(encoding="utf-8"), str(path)), kind)
    except OSError as error:
        raise LimbeckError(f"cannot read {path}: {error.strerror}") from error
    except msgspec.ValidationError as error:
        raise LimbeckError(f"{path}: {wanted}: {error}") from error


def total(items: Items, sheet: dict[str, Entry]) -> Total:
    """The points of a sheet."""
    no = Entry(answer=False)
    areas = {}
    for area, parts in items.items():
        areas[area] = sum(points for item, points in parts.items() if sheet.get(item, no).counts)
    most = sum(points for parts in items.values() for points in parts.values())
    unproven = [item for item, entry in sheet.items() if entry.answer and not entry.counts]
    return Total(sum(areas.values()), most, areas, unproven)


def counted(items: Items, sheet: dict[str, Entry]) -> list[bool]:
    """What counts as yes, item by item in the scorecard's order."""
    no = Entry(answer=False)
    return [sheet.get(item, no).counts for parts in items.values() for item in parts]


def kappa(first: Sequence[bool], second: Sequence[bool]) -> float | None:
    """Cohen's kappa of two readers (1960): agreement beyond what their shares of yes give by chance.

    None where both say the same to everything, for then chance agrees, too.

    Raises:
        LimbeckError: answers to different numbers of items, or to none.
    """
    if len(first) != len(second) or not first:
        raise LimbeckError(
            f"kappa: {len(first)} and {len(second)} answers: both readers answer the same items"
        )
    n = len(first)
    agreed = sum(left == right for left, right in zip(first, second, strict=True)) / n
    yes = [sum(answers) / n for answers in (first, second)]
    chance = yes[0] * yes[1] + (1 - yes[0]) * (1 - yes[1])
    return None if chance == 1 else (agreed - chance) / (1 - chance)
