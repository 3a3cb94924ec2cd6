"""Verifies rows of a table: what ``limbeck verify FILE`` does."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from itertools import chain, islice
from typing import Any

from msgspec.structs import replace

from limbeck.errors import LimbeckError, nearest
from limbeck.records import Problem, Trace, Verdict
from limbeck.shapes import layouts, roles, values
from limbeck.shapes.reading import Reader
from limbeck.shapes.roles import HEADS, Roles
from limbeck.tables import Row
from limbeck.types import Verifier
from limbeck.verifiers.ops import judge

_WRITTEN = frozenset(["correct", "extracted", "reason", "outcome"])
BEFORE = "outcome before"
"""Where a row that was checked before bears what came out then, for the caller to take off."""
_CORRECT = {"correct": True, "wrong": False}


@dataclass
class Checked:
    """How rows are read: the roles of their columns, decided from the first of them."""

    roles: Roles
    reader: Reader
    layout: str
    compares: bool = True


def verify_rows(
    rows: Iterable[Row],
    verifier: Verifier,
    *,
    window: int = 2000,
    columns: Mapping[str, str] | None = None,
    format: str = "",
) -> Iterator[Row]:
    """Each row with ``correct`` (true, false, null where unknown), ``extracted``, ``reason`` and ``outcome``.

    Columns are read by their roles, as `limbeck import` does: a reference, what a model wrote, perhaps a
    question; others pass through, and a verifier finds them in the problem's ``meta`` (``options`` of a
    multiple choice, say). A row with several responses comes out once for each, with ``sample`` beside it. A
    response that was cut off is ``unparsed`` unless it is correct. A row whose reference or response is
    missing or of another kind is ``unknown`` with the reason.

    Args:
        columns: role to column, where names do not tell.
        format: how reasoning and answer make a text; empty: by think tags.

    Raises:
        LimbeckError: no column is the reference, or none the response.
    """
    stream = iter(rows)
    heads = list(islice(stream, HEADS))
    if heads:
        how = checked(heads, columns, format, compares(verifier))
        yield from verdicts_of(chain(heads, stream), verifier, how, window)


def compares(verifier: Verifier) -> bool:
    """Whether a verifier compares with a reference, or judges by what else a problem holds."""
    module = getattr(verifier, "module", None) or sys.modules.get(getattr(verifier, "__module__", ""))
    return bool(getattr(module, "WANTS_ANSWER", True))


def verdicts_of(rows: Iterable[Row], verifier: Verifier, how: Checked, window: int = 2000) -> Iterator[Row]:
    """As `verify_rows`, of rows of which it is known how they are read."""
    for (row, trace), verdict in judge(verifier, items(rows, how), window):
        if trace.finish == "length" and verdict.outcome != "correct":
            verdict = replace(verdict, outcome="unparsed", reason="truncated")
        before = {BEFORE: row["outcome"]} if row.get("outcome") else {}
        yield {
            **row,
            **before,
            "correct": _CORRECT.get(verdict.outcome),
            "extracted": verdict.extracted,
            "reason": verdict.reason,
            "outcome": verdict.outcome,
        }


def checked(
    heads: list[Row], columns: Mapping[str, str] | None = None, format: str = "", compares: bool = True
) -> Checked:
    """How rows that begin like these are read.

    Args:
        compares: whether rows need a reference.

    Raises:
        LimbeckError: no column is the reference, or none the response.
    """
    fit = [_unwritten(row) for row in heads if isinstance(row, dict)]
    names = {name for row in fit for name in row}
    layout = "" if columns else layouts.layout_of(names, fit)
    decided = roles.decide(layouts.flattened(layout, fit) or fit, columns, "the file")
    for role, what in (("reference", "the reference answer"), ("response", "what the model wrote")):
        there = decided.columns.get(role) or (role == "response" and decided.columns.get("messages"))
        if not there and (compares or role == "response"):
            name = {"reference": "answer"}.get(role, role)
            hint = nearest(name, map(str, names))
            raise LimbeckError(
                f"column {name!r} ({what}) is missing from the first rows{hint}; say which: --map {name}=…"
            )
    return Checked(decided, Reader(decided, format=format, asks=False), layout, compares)


_Item = tuple[tuple[Row, Trace], Problem | Verdict, Trace]


def items(rows: Iterable[Row], how: Checked) -> Iterator[_Item]:
    """What there is to judge in rows, each response with its row and its problem, or with the verdict that
    settles it."""
    flat = layouts.flattener(how.layout)
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            reason = f"row {index + 1} is {type(row).__name__}, not an object"
            yield ({"row": row}, _NO_TRACE), _unfit(reason), _NO_TRACE
            continue
        plain = _unwritten(row)
        try:
            yield from _of_row(row, flat(plain) if flat else plain, how)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            yield (row, _NO_TRACE), _unfit(str(error)), _NO_TRACE


def _unwritten(row: Row) -> Row:
    """A row without what an earlier check wrote to it."""
    return {name: value for name, value in row.items() if name not in _WRITTEN}


def _of_row(row: Row, plain: Row, how: Checked) -> Iterator[_Item]:
    """A row's checks, one per response."""
    if (decided := how.roles.of(plain)) is not how.roles:
        how = replace_fields(how, roles=decided, reader=replace_fields(how.reader, roles=decided))
    held = how.roles.pick(plain)
    answer = values.reference(held.get("reference"))
    asked, attempts = how.reader.asked(held)
    if answer is None and how.compares:
        reason = f"column {how.roles.columns['reference'][0]!r} is missing or holds no reference"
        yield (row, _NO_TRACE), _unfit(reason), _NO_TRACE
        return
    problem = Problem(id="", question=asked.question, answer=answer, meta=_meta(plain, how.roles))
    for attempt in attempts:
        trace = how.reader.trace(plain, held, attempt, "", "")
        if not attempt.text.strip():
            yield (row, trace), Verdict("", "unparsed", reason="no text"), trace
            continue
        yield ({**row, "sample": attempt.number} if attempt.of > 1 else row, trace), problem, trace


def _meta(row: Row, decided: Roles) -> dict[str, Any]:
    """What else a row says. A column ``answers`` is left out, for samples are called so as often as
    references."""
    rest = {name: value for name, value in decided.rest(row).items() if name != "answers"}
    nested = rest.pop("meta", None)
    return {**rest, **nested} if isinstance(nested, dict) else rest


_NO_TRACE = Trace(id="", problem_id="")


def _unfit(reason: str) -> Verdict:
    return Verdict("", "unknown", reason=reason)
