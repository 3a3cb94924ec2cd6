"""Quality for its price."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "right per 1,000 tokens"


def eta(problem: Problem, traces: list[Trace]) -> float | None:
    """Mean of quality over cost, ``E[Q / C]``: 1 for a right sample, 0 for another, for each 1,000 tokens
    (arXiv 2503.21614, section 2).

    Samples whose length nobody counted are left out. It is a mean over problems: one that is solved in few
    tokens weighs more than one that needs many, unlike right answers over all tokens.
    """
    counted = [trace for trace in traces if trace.tokens]
    return ops.mean(1000 * (trace.outcome == "correct") / (trace.tokens or 1) for trace in counted)
