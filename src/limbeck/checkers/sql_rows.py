"""Compares two results of queries: bags or runs of rows, with a tolerance for floating-point numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from itertools import groupby
from math import isclose, isnan
from typing import Any
from uuid import UUID

Row = tuple[Any, ...]
_MIDNIGHT = " 00:00:00"
_TRIES = 2000
"""Orders of columns, and pairs of rows per row, tried before giving up."""


class Moment(str):
    """A date or time in its engine's spelling; a date is the midnight that it begins with."""

    __slots__ = ()


class Undecided(Exception):
    """Too many ways to compare; neither equal nor different."""


def plain(value: Any) -> Any:
    """A cell as it is compared: whole numbers are integers whatever their type, NULL is NULL, text never a
    number, a date or time its text."""
    if value is None or isinstance(value, str | bytes):
        return value
    if isinstance(value, date | time):
        return Moment(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, float | Decimal):
        number = float(value)
        if isnan(number):
            return ("nan",)
        whole = isinstance(value, Decimal) or abs(number) < 2**53
        return int(value) if whole and number == number // 1 and abs(number) != float("inf") else number
    return (type(value).__name__, str(value))  # dates, lists and structures of DuckDB


def same(
    gold: Sequence[Row], answer: Sequence[Row], keys: Sequence[Row] | None, tolerance: float, permuted: bool
) -> bool:
    """Whether two results are equal.

    Args:
        keys: the sort key of each gold row: rows come in this order, those with equal keys in any; None for
            bags.
        tolerance: relative difference at which two numbers, one of them no integer, still are equal.
        permuted: whether the answer's columns may stand in another order.

    Raises:
        Undecided: too many orders of columns fit.
    """
    if len(gold) != len(answer) or (gold and len(gold[0]) != len(answer[0])):
        return False
    if not permuted or not gold:
        return _runs(gold, answer, keys, tolerance)
    width = len(gold[0])

    def fitting(i: int) -> list[int]:
        """The answer's columns that hold what the reference's i-th holds."""
        return [j for j in range(width) if _bag(_column(gold, i), _column(answer, j), tolerance)]

    fits = [fitting(i) for i in range(width)]
    for tries, order in enumerate(_orders(fits, [])):
        if tries == _TRIES:
            raise Undecided("too many orders of columns would fit")
        if _runs(gold, [tuple(row[j] for j in order) for row in answer], keys, tolerance):
            return True
    return False


def _column(rows: Sequence[Row], place: int) -> list[Row]:
    return [(row[place],) for row in rows]


def _orders(fits: list[list[int]], taken: list[int]) -> Any:
    if len(taken) == len(fits):
        yield taken
        return
    for column in fits[len(taken)]:
        if column not in taken:
            yield from _orders(fits, [*taken, column])


def _runs(gold: Sequence[Row], answer: Sequence[Row], keys: Sequence[Row] | None, tolerance: float) -> bool:
    if keys is None:
        return _bag(gold, answer, tolerance)
    start = 0
    for _, run in groupby(keys):
        end = start + len(list(run))
        if not _bag(gold[start:end], answer[start:end], tolerance):
            return False
        start = end
    return True


def _bag(gold: Sequence[Row], answer: Sequence[Row], tolerance: float) -> bool:
    """Equal as bags. Rows without an equal are paired with close ones, tried only among what is left."""
    left, right = Counter(gold), Counter(answer)
    if left == right:
        return True
    rest, others = list((left - right).elements()), list((right - left).elements())
    if not any(isinstance(cell, float | Moment) for row in (*rest, *others) for cell in row):
        return False
    if len(rest) > _TRIES:
        # Columns without any fraction come first: noise in the others would sort close rows apart.
        cells = [(place, cell) for row in (*rest, *others) for place, cell in enumerate(row)]
        fractions = {place for place, cell in cells if isinstance(cell, float)}
        order = sorted(range(len(rest[0])), key=lambda place: place in fractions)

        def rank(row: Row) -> list[tuple[str, Any]]:
            return _sort([row[place] for place in order])

        ranked = zip(sorted(rest, key=rank), sorted(others, key=rank), strict=True)
        return all(_close(a, b, tolerance) for a, b in ranked)
    for row in rest:
        match = next((i for i, other in enumerate(others) if _close(row, other, tolerance)), None)
        if match is None:
            return False
        others.pop(match)
    return True


def _sort(row: Sequence[Any]) -> list[tuple[str, Any]]:
    def rank(cell: Any) -> tuple[str, Any]:
        return ("n", cell) if isinstance(cell, int | float) else (type(cell).__name__, str(cell))

    return [rank(cell) for cell in row]


def _close(row: Row, other: Row, tolerance: float) -> bool:
    for a, b in zip(row, other, strict=True):
        if (isinstance(a, float) and isinstance(b, int | float)) or (
            isinstance(b, float) and isinstance(a, int)
        ):
            if not isclose(a, b, rel_tol=tolerance, abs_tol=1e-12):
                return False
        elif isinstance(a, Moment) or isinstance(b, Moment):
            if f"{a}".removesuffix(_MIDNIGHT) != f"{b}".removesuffix(_MIDNIGHT):
                return False
        elif a != b:
            return False
    return True
