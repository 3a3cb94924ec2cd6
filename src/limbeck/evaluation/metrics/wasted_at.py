"""How much of a reasoning stands behind the place at which it is first right."""

from __future__ import annotations

import itertools

from limbeck.evaluation import ops
from limbeck.records import Outcome, Problem, Trace
from limbeck.texts.steps import By, Cutting, ends
from limbeck.texts.thoughts import first_right

UNIT = "share"


def wasted_at(
    problem: Problem, traces: list[Trace], *, outcome: Outcome, by: By = "auto", separator: str = ""
) -> float | None:
    """Mean share of the samples' reasoning behind the first step in which the reference answer stands.

    Of right samples it is overthinking, ``1 - T'/T`` with ``T'`` up to the first right thought (arXiv
    2412.21187); of wrong ones underthinking (``xi_UT``, arXiv 2501.18585): a thought that was right and left
    again. 0 where the reference stands in no step. Written ``wasted@correct``, ``wasted@wrong``.

    Args:
        outcome: of which samples; others are left out, as are those that were cut off or do not reason, and
            problems without a reference.
        by, separator: what a step is, as `limbeck.texts.steps` cuts.
    """
    if not problem.answer:
        return None
    cutting = Cutting(by=by, separator=separator)
    chosen = [trace for trace in traces if trace.outcome == outcome and trace.finish != "length"]
    return ops.mean(_wasted(trace.reasoning, problem.answer, cutting) for trace in chosen)


def _wasted(reasoning: str, answer: str, cutting: Cutting) -> float | None:
    cuts = ends(reasoning, cutting)
    steps = [reasoning[begin:end] for begin, end in itertools.pairwise([0, *cuts])]
    first = first_right(steps, answer)
    if not steps:
        return None
    return 0.0 if first is None else 1 - first
