"""Which steps of a trace are critical, and which give what they were given."""

from __future__ import annotations

import re

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data

_TERM = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")


def critical_steps(data: Data, *, separator: str = ";", equals: str = "=", ctx: Context) -> Data:
    """Say of each written step whether it is critical: 1, or 0 where its result is one of its own terms.

    ``3+0=3`` and ``1*7=7`` are trivial, whoever thinks them may hurry; ``3+5=8`` is critical, as is a step
    without a result. System-1.5 Reasoning (arXiv 2505.18962, section 3.3) has a model decompose steps for
    that; a rule tells where steps are equations.

    Args:
        separator: what parts steps.
        equals: what stands before a step's result.

    Returns:
        The data with ``scores["critical/0"]``, ``["critical/1"]``, … of each trace with a reasoning, which
        `students/shortcuts` learns from.

    Raises:
        LimbeckError: an empty separator.
    """
    if not separator or not equals:
        raise LimbeckError("curation/critical_steps: separator and equals must be texts")
    traces, told = [], []
    for trace in data.traces:
        steps = [step for step in trace.reasoning.split(separator) if step.strip()]
        labels = [_critical(step, equals) for step in steps]
        told.extend(labels)
        scores = {f"critical/{place}": float(label) for place, label in enumerate(labels)}
        traces.append(replace(trace, scores={**trace.scores, **scores}) if scores else trace)
    if told:
        ctx.log(f"{sum(told):,} of {len(told):,} steps are critical")
    return Data(data.problems, traces, data.pairs)


def _critical(step: str, equals: str) -> bool:
    before, _, result = step.rpartition(equals)
    return not result.strip() or result.strip() not in _TERM.findall(before)
