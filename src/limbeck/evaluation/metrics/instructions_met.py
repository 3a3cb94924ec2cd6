"""How many of the instructions about its form an answer follows."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.texts.instructions import met

UNIT = "share"


def instructions_met(problem: Problem, traces: list[Trace]) -> float | None:
    """Share of ``meta["instructions"]`` that an answer follows, the mean over samples (MathIF's SAcc, arXiv
    2505.14810); problems without instructions are left out."""
    listed = problem.meta.get("instructions")
    if not listed:
        return None
    question = str(problem.meta.get("asked") or problem.question)
    return ops.mean(ops.mean(met(listed, trace.answer.strip(), question)) for trace in traces)
