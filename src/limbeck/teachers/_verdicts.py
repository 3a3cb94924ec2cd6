"""Verdicts of traces that have just been written: asked for at once, waited for when all have been."""

from __future__ import annotations

from concurrent.futures import Future

from limbeck.records import Problem, Trace, Verdict
from limbeck.types import Verifier


def asked_of(verifier: Verifier, problem: Problem, trace: Trace) -> Verdict | Future[Verdict]:
    """What the verifier says, or its failure as a verdict: the other traces go on."""
    if trace.finish == "error":
        return Verdict("", "unknown", reason="the request failed")
    try:
        return verifier(problem, trace)
    except Exception as error:  # noted as this trace's unknown verdict
        return _failed(error)


def settled(verdict: Verdict | Future[Verdict], trace: Trace) -> Verdict:
    """The verdict, waited for; a trace that was cut off cannot be wrong."""
    if isinstance(verdict, Future):
        failure = verdict.exception()
        verdict = _failed(failure) if failure else verdict.result()
    if trace.finish == "length" and verdict.outcome == "wrong":
        return Verdict(verdict.verifier, "unparsed", verdict.extracted, "truncated")
    return verdict


def _failed(error: BaseException) -> Verdict:
    return Verdict("", "unknown", reason=f"{type(error).__name__}: {error}")
