"""Verifies rows of a table: what ``limbeck verify FILE`` does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from limbeck.errors import LimbeckError, nearest
from limbeck.records import Problem, Trace, Verdict
from limbeck.types import Verifier
from limbeck.verifiers.ops import judge

Row = dict[str, Any]
_OWN = frozenset(
    ["answer", "response", "question", "answers", "meta", "correct", "extracted", "reason", "outcome"]
)
_CORRECT = {"correct": True, "wrong": False}


def verify_rows(rows: Iterable[Row], verifier: Verifier, *, window: int = 2000) -> Iterator[Row]:
    """Each row with ``correct`` (true, false, null where unknown), ``extracted``, ``reason`` and ``outcome``.

    A row has ``answer`` (the reference), ``response`` (what a model wrote) and perhaps ``question``; other
    columns pass through, and a verifier finds them in the problem's ``meta`` (``options`` of a multiple
    choice, say). A reference that is an object or a truth value is taken as its JSON; a list says not whether
    it lists one answer or several, and must be text. A row whose ``answer`` or ``response`` is missing or of
    another kind is ``unknown`` with the reason.

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
            (f"column {name!r} is {_kind(row, name)}" for name in ("answer", "response") if _kind(row, name)),
            "",
        )
        if bad:
            yield row, _unfit(bad), _NO_TRACE
            continue
        question, answer = row.get("question"), row["answer"]
        problem = Problem(
            id=str(index),
            question=question if isinstance(question, str) else "",
            answer=json.dumps(answer) if isinstance(answer, dict | bool) else str(answer),
            meta=_meta(row),
        )
        yield row, problem, Trace(id=str(index), problem_id=problem.id, answer=str(row["response"]))


def _meta(row: Row) -> dict[str, Any]:
    """What else a row says. A column ``answers`` is left out, for samples are called so as often as
    references."""
    columns = {name: value for name, value in row.items() if name not in _OWN}
    return {**columns, **row["meta"]} if isinstance(row.get("meta"), dict) else columns


_NO_TRACE = Trace(id="", problem_id="")


def _unfit(reason: str) -> Verdict:
    return Verdict("", "unknown", reason=reason)


def _kind(row: Row, name: str) -> str:
    """What is wrong with a field; empty when nothing is."""
    value = row.get(name)
    if value is None:
        return "missing"
    fits = isinstance(value, str | int | float) and not isinstance(value, bool)
    return "" if fits or (name == "answer" and isinstance(value, dict | bool)) else type(value).__name__


def _need_columns(row: Row) -> None:
    for name, role in (("answer", "the reference answer"), ("response", "what the model wrote")):
        if name not in row:
            raise LimbeckError(
                f"column {name!r} ({role}) is missing from the first row{nearest(name, map(str, row))}"
            )
