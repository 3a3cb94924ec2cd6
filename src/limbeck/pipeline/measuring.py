"""The numbers of a run: what its stages of evaluation measured, and the metrics that its recipe asks for."""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import measured
from limbeck.pipeline import metrics
from limbeck.pipeline.plan import Step
from limbeck.pipeline.store import read_results
from limbeck.records import Result


def rows_of(step: Step) -> tuple[list[Result], str]:
    """The rows of a stage of evaluation that is made, and what is wrong with a metric: its other numbers are
    there all the same."""
    try:
        outcome = read_results(step.folder)
    except (LimbeckError, OSError, pa.ArrowException, msgspec.MsgspecError) as error:
        return [], f"stage {step.name!r} could not be read: {error}"
    try:
        return measured(outcome, [metrics.read(each) for each in step.metrics]), ""
    except LimbeckError as error:
        return outcome.results, f"stage {step.name!r}: {error}"


def listed(rows: dict[str, list[Result]]) -> list[dict[str, Any]]:
    """All rows as plain mappings, each with the name of its ``stage``."""
    pairs = ((name, row) for name, results in rows.items() for row in results)
    return [{"stage": name, **msgspec.to_builtins(row)} for name, row in pairs]
