"""Whether what is written grows with what is asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from limbeck.evaluation._shares import rank_shares
from limbeck.records import Problem, Trace

UNIT = "score"


def rises_with(
    problem: Problem, traces: list[Trace], *, field: str, of: Literal["tokens", "reasoning"] = "tokens"
) -> tuple[float, float] | None:
    """Rank correlation (Spearman's) over problems of the samples' mean tokens with a number of the problem.

    With its difficulty, say: a model that writes as much as is needed has a high one.

    Args:
        field: the key of ``meta`` with the number; problems without it are left out, as are samples whose
            length nobody counted.
        of: ``reasoning`` counts the characters of the reasoning alone, where the answer's own length says how
            hard the problem is.
    """
    number = problem.meta.get(field)
    if of == "reasoning":
        lengths = [len(trace.reasoning) for trace in traces]
    else:
        lengths = [trace.tokens for trace in traces if trace.tokens is not None]
    if isinstance(number, bool) or not isinstance(number, int | float) or not lengths:
        return None
    return (float(number), float(np.mean(lengths))) if math.isfinite(number) else None


def combine(parts: Sequence[tuple[float, float]]) -> list[float]:
    """A problem's share in the correlation, of which the mean is the correlation."""
    return rank_shares(parts)
