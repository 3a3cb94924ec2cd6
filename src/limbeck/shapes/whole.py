"""Rows that are records already: Limbeck's own, with every field, and OpenR1-Math-Raw's with their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from limbeck.errors import LimbeckError
from limbeck.problems.files.openr1 import from_row
from limbeck.records import Pair, Problem, Trace
from limbeck.shapes import values
from limbeck.shapes.verdicts import labelled, marks_of
from limbeck.tables import Row
from limbeck.texts.traces import split_text

Records = tuple[Problem, list[Trace], Pair | None]


LABELS = "correctness_math_verify", "math_verify", "llama_verification", "correctness_llama"
"""OpenR1's lists of labels, the first that a row fills is read."""


@dataclass(frozen=True)
class OpenR1:
    """OpenR1's columns. A label is the trace's verdict; all the lists of them stay in ``meta``, where
    `curation/labels` weighs them against each other."""

    verifier: str = "math"
    format: str = ""

    def read(self, row: Row, name: str, number: int) -> Records:
        problem, traces = from_row(number - 1, row, self.format or "think", self.verifier)
        by, labels = _aligned(problem, LABELS, len(traces))
        for i, trace in enumerate(traces):
            right = values.label(labels[i]) if labels else None
            if right is not None:
                trace.verdicts = [labelled(by, right, trace.finish)]
            trace.marks += marks_of(trace)
        return problem, traces, None


def _aligned(problem: Problem, names: tuple[str, ...], of: int) -> tuple[str, list[Any]]:
    """The first of some lists in ``meta`` with an item for each trace, and its name; else nothing."""
    for name in names:
        if isinstance(listed := problem.meta.get(name), list) and len(listed) == of:
            return name, listed
    return "", []


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
