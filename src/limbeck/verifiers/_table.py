"""Verifies rows of a table: what ``limbeck verify FILE`` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from limbeck.errors import LimbeckError, nearest
from limbeck.records import Problem, Trace, Verdict
from limbeck.types import Verifier
from limbeck.verifiers.ops import judge

Row = dict[str, Any]
_CORRECT = {"correct": True, "wrong": False}


def verify_rows(rows: Iterable[Row], verifier: Verifier, *, window: int = 2000) -> Iterator[Row]:
    """Each row with ``correct`` (true, false, null where unknown), ``extracted``, ``reason`` and ``outcome``.

    A row has ``answer`` (the reference), ``response`` (what a model wrote) and perhaps ``question``; other columns pass
    through. A row whose ``answer`` or ``response`` is neither text nor a number is marked ``unknown`` with the reason.

    Raises:
        LimbeckError: when the first row lacks the column ``answer`` or ``response``.
    """
    for row, verdict in judge(verifier, _items(rows), window):
        yield {
            **row,
            "correct": _CORRECT.get(verdict.outcome),
            "extracted": verdict.extracted,
            "reason": verdict.reason,
            "outcome": verdict.outcome,
        }


def _items(rows: Iterable[Row]) -> Iterator[tuple[Row, Problem | Verdict, Trace]]:
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            yield {"row": row}, _unfit(f"row {index + 1} is {type(row).__name__}, not an object"), _NO_TRACE
            continue
        if index == 0:
            _need_columns(row)
        bad = next(
            (f"column {name!r} is {_kind(row, name)}" for name in ("answer", "response") if _kind(row, name)), ""
        )
        if bad:
            yield row, _unfit(bad), _NO_TRACE
            continue
        question = row.get("question")
        problem = Problem(
            id=str(index), question=question if isinstance(question, str) else "", answer=str(row["answer"])
        )
        yield row, problem, Trace(id=str(index), problem_id=problem.id, answer=str(row["response"]))


_NO_TRACE = Trace(id="", problem_id="")


def _unfit(reason: str) -> Verdict:
    return Verdict("", "unknown", reason=reason)


def _kind(row: Row, name: str) -> str:
    """What is wrong with a field; empty when nothing is."""
    value = row.get(name)
    if value is None:
        return "missing"
    return "" if isinstance(value, str | int | float) and not isinstance(value, bool) else type(value).__name__


def _need_columns(row: Row) -> None:
    for name, role in (("answer", "the reference answer"), ("response", "what the model wrote")):
        if name not in row:
            raise LimbeckError(f"column {name!r} ({role}) is missing from the first row{nearest(name, map(str, row))}")
