"""What another verifier says of the same samples."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.types import Verifier
from limbeck.verifiers.ops import verify

UNIT = "share"


def verified_at(problem: Problem, traces: list[Trace], *, verifier: Verifier) -> float | None:
    """Share of the samples that ``verifier`` calls ``correct``; written ``verified@verifier``.

    Nothing is sampled again: where two things are asked of the same answers, one evaluation is enough. A
    verifier that needs a model is a stage of its own.
    """
    judged = verify(verifier, {problem.id: problem}, traces)
    return ops.mean(trace.outcome == "correct" for trace in judged)
