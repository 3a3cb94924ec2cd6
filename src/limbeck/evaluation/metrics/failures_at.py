"""Why samples fail: in the form of their answer, in the answer itself, or with nothing to be read."""

from __future__ import annotations

from typing import Literal

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.types import Verifier
from limbeck.verifiers.ops import verify

UNIT = "share"


def failures_at(
    problem: Problem, traces: list[Trace], *, kind: Literal["format", "answer", "nothing"], verifier: Verifier
) -> float | None:
    """Share of the samples that fail so; written ``failures@format``.

    The evaluation's own verifier is the strict one, ``verifier`` one that reads an answer in whatever form it
    comes (`verifiers/math` behind ``exact``, say). A sample that the strict one does not call ``correct``
    fails by its ``format`` where the other one does, by its ``answer`` where the other one calls it
    ``wrong``, and by ``nothing`` to be read else: with pass@1 the three add up to 1. What is lost by format
    is no lack of knowledge (arXiv 2410.18588, on pitfalls of evaluation).
    """
    judged = verify(verifier, {problem.id: problem}, traces)
    kinds = [_kind(trace, again) for trace, again in zip(traces, judged, strict=True)]
    return ops.mean(each == kind for each in kinds)


def _kind(trace: Trace, again: Trace) -> str:
    if trace.outcome == "correct":
        return ""
    return {"correct": "format", "wrong": "answer"}.get(again.outcome, "nothing")
