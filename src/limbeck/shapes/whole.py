"""Rows that are records already: Limbeck's own, with every field, and OpenR1-Math-Raw's with their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from limbeck.errors import LimbeckError
from limbeck.problems.files.openr1 import from_row
from limbeck.records import Pair, Problem, Trace
from limbeck.tables import Row
from limbeck.texts.traces import split_text

Records = tuple[Problem, list[Trace], Pair | None]


@dataclass(frozen=True)
class OpenR1:
    """OpenR1's columns; the label lists stay in ``meta`` until `curation/labels` reads them."""

    verifier: str = "math"
    format: str = ""

    def read(self, row: Row, name: str, number: int) -> Records:
        problem, traces = from_row(number - 1, row, self.format or "think", self.verifier)
        return problem, traces, None


@dataclass(frozen=True)
class Own:
    """Every field of a trace, its problem beside it; a problem without traces has no id."""

    def read(self, row: Row, name: str, number: int) -> Records:
        try:
            split_text("", str(row.get("format") or "plain"))
        except LimbeckError as error:
            raise ValueError(str(error)) from error
        try:
            problem = msgspec.convert(_filled(row["problem"]), Problem)
            traces = [msgspec.convert(_filled(row), Trace)] if row.get("id") is not None else []
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error
        if row.get("problem_id") not in (None, problem.id):
            raise ValueError(f"the trace belongs to {row['problem_id']!r}, its problem is {problem.id!r}")
        return problem, traces, None


def _filled(record: Any) -> Any:
    """Without nulls: Parquet gives every mapping the keys of all of them."""
    if isinstance(record, dict):
        return {key: _filled(value) for key, value in record.items() if value is not None}
    return record
