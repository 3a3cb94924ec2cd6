"""Compares what an answer's query and the reference's give, on every database."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, NamedTuple

from limbeck.checkers.sql_dialects import as_value, dialect, lacking
from limbeck.checkers.sql_engines import Limits, Result, Stopped, run
from limbeck.checkers.sql_rows import Row, Undecided, same
from limbeck.checkers.sql_text import is_ordered, keyed, one_more

_KEPT: dict[tuple[Any, ...], Result] = {}
_MOST_KEPT = 256
_MOST_VALUES = 20
_SINGLE = 1e-6
"""Relative difference of numbers of four bytes, which have seven digits."""


class Options(NamedTuple):
    """How results are compared; see `limbeck.verifiers.queries.sql`."""

    order: str
    permuted: bool
    tolerance: float


def check(
    engine: str, paths: tuple[str, ...], gold: str, answer: str, limits: Limits, options: Options
) -> tuple[str, str]:
    """``(outcome, reason)`` of an answer's query against the reference's, on every database."""
    empty = 0
    for path in paths:
        outcome, reason, nothing = _check_one(engine, path, gold, answer, limits, options)
        if outcome != "correct":
            where = f" on {os.path.basename(path)}" if len(paths) > 1 else ""
            return outcome, reason + where
        empty += nothing
    if empty == len(paths):
        return "correct", "both results are empty, which proves little"
    return "correct", reason if len(paths) == 1 else f"the same results on {len(paths)} databases"


def _check_one(
    engine: str, path: str, gold: str, answer: str, limits: Limits, options: Options
) -> tuple[str, str, bool]:
    ordered = options.order == "ordered" or (options.order == "auto" and is_ordered(gold))
    try:
        values, right = _translated(engine, path, gold, limits, ordered)
    except Stopped as error:
        if other := dialect(gold, engine, error.why):
            return (
                "unknown",
                f"the reference query does not run on {engine}; {other} ({error.why})"[:300],
                False,
            )
        return "unknown", f"the reference query gave no result ({error.kind}: {error.why})", False
    for value in values:  # the answer may be of the reference's dialect
        gold, answer = as_value(gold, value), as_value(answer, value)
    if right.cut:
        return "unknown", f"the reference query gives more than {limits.rows:,} rows", False
    try:
        left = _answer(engine, path, answer, limits, bool(values))
    except Stopped as error:
        if not values and _right_elsewhere(engine, path, gold, answer, limits, options):
            other = dialect(answer, engine, error.why)
            return "unknown", f"right, but {other} ({error.why})"[:300], False
        outcomes = {"failed": "wrong", "limit": "timeout", "lacking": "unknown"}
        return outcomes.get(error.kind, "unparsed"), error.why, False
    if left.cut:
        return "wrong", f"more than {limits.rows:,} rows where there are {len(right.rows):,}", False
    if len(left.names) != len(right.names):
        return "wrong", f"{len(left.names)} columns where there are {len(right.names)}", False
    if right.single or left.single:
        options = options._replace(tolerance=max(options.tolerance, _SINGLE))
    outcome, reason = _compare(right, left, ordered, options)
    # Which of several rows with equal keys a LIMIT lets through is the engine's whim: no witness of an error.
    if outcome == "wrong" and len(left.rows) == len(right.rows) and _tied(engine, path, gold, limits):
        outcome, reason = "unknown", "the reference's LIMIT cuts through rows with equal sort keys"
    return outcome, reason, not right.rows


def _translated(engine: str, path: str, gold: str, limits: Limits, ordered: bool) -> tuple[list[str], Result]:
    """The reference's result, and its double-quoted words that are values, as SQLite and MySQL read them."""
    values: list[str] = []
    while True:
        try:
            return values, _reference(engine, path, gold, limits, ordered)
        except Stopped as error:
            value = lacking(error.why, gold)
            if not value or len(values) == _MOST_VALUES:
                raise
            values.append(value)
            gold = as_value(gold, value)


def _answer(engine: str, path: str, answer: str, limits: Limits, of_other: bool) -> Result:
    """The answer's result; where the reference is of another dialect its own values are read like that
    too."""
    for _ in range(_MOST_VALUES if of_other else 0):
        try:
            return run(engine, path, answer, limits)
        except Stopped as error:
            if not (value := lacking(error.why, answer)):
                raise
            answer = as_value(answer, value)
    return run(engine, path, answer, limits)


def _right_elsewhere(
    engine: str, path: str, gold: str, answer: str, limits: Limits, options: Options
) -> bool:
    """Whether an answer that does not run is not wrong where double-quoted words are values, as they are on
    SQLite and MySQL."""
    for _ in range(_MOST_VALUES):
        try:
            run(engine, path, answer, limits)
        except Stopped as error:
            if not (value := lacking(error.why, answer)):
                return False
            answer = as_value(answer, value)
        else:
            return _check_one(engine, path, gold, answer, limits, options)[0] in ("correct", "unknown")
    return False


def _tied(engine: str, path: str, sql: str, limits: Limits) -> bool:
    """Whether the row behind the last one that LIMIT lets through would have come as well in its place."""
    more = one_more(sql)
    if more is None:
        return False
    wider, last = more
    with suppress(Stopped, IndexError):
        result = run(engine, path, wider, limits)
        keys = _keys(engine, path, wider, result, limits) or []
        return len(keys) > last > 0 and keys[last] == keys[last - 1]
    return False


def _compare(right: Result, left: Result, ordered: bool, options: Options) -> tuple[str, str]:
    count = f"{len(right.rows):,} row{'s'[: len(right.rows) != 1]}"
    if len(right.rows) != len(left.rows):
        return "wrong", f"{len(left.rows):,} rows where there are {len(right.rows):,}"
    # Without sort keys every place counts as a key of its own: the strictest order there can be.
    keys = right.keys or [(place,) for place in range(len(right.rows))]
    try:
        if same(right.rows, left.rows, keys if ordered else None, options.tolerance, options.permuted):
            return "correct", f"the same {count}{' in order' if ordered else ''}"
        if not ordered or not same(right.rows, left.rows, None, options.tolerance, options.permuted):
            return "wrong", f"other values in {count}"
    except Undecided as error:
        return "unknown", str(error)
    if right.keys is None and options.order == "auto":
        return "unknown", f"the same {count} in another order; which rows tie cannot be told"
    return "wrong", f"the same {count} in another order"


def _reference(engine: str, path: str, sql: str, limits: Limits, ordered: bool) -> Result:
    """The reference's result, remembered while the file stays as it is."""
    try:
        state = os.stat(path)
    except OSError as error:
        raise Stopped("failed", f"no database at {path}: {error.strerror}") from None
    key = (engine, path, state.st_mtime_ns, state.st_size, sql, limits, ordered)
    if key not in _KEPT:
        result = run(engine, path, sql, limits)
        if ordered:
            result = result._replace(keys=_keys(engine, path, sql, result, limits))
        if len(_KEPT) >= _MOST_KEPT:
            _KEPT.pop(next(iter(_KEPT)))
        if len(result.rows) > 10_000:  # a few of these would fill the worker's memory
            return result
        _KEPT[key] = result
    return _KEPT[key]


def _keys(engine: str, path: str, sql: str, result: Result, limits: Limits) -> list[Row] | None:
    wider = keyed(sql, result.names)
    if wider is None:
        return None
    with suppress(Stopped, IndexError):
        # The wider query must give the same rows in the same order, or its keys belong to others.
        rows = result.rows if wider[0] == sql else run(engine, path, wider[0], limits).rows
        if [row[: len(result.names)] for row in rows] == result.rows:
            return [tuple(row[column] for column in wider[1]) for row in rows]
    return None
