"""What came out of an attempt, as its row says it, and the marks that follow of it."""

from __future__ import annotations

from limbeck.records import Finish, Outcome, Trace, Verdict


def judged(verdict: Verdict, finish: Finish) -> Verdict:
    """A verdict on an attempt that ended so: what was never finished is not wrong."""
    if finish == "length" and verdict.outcome == "wrong":
        return Verdict(verdict.verifier, "unparsed", verdict.extracted, "truncated", verdict.score)
    return verdict


def labelled(by: str, right: bool, finish: Finish, extracted: str = "", reason: str = "") -> Verdict:
    """The verdict that a label is."""
    outcome: Outcome = "correct" if right else "wrong"
    return judged(Verdict(by, outcome, extracted, reason or f"label {right}"), finish)


def marks_of(trace: Trace) -> list[str]:
    """The marks of a trace that was cut off or called wrong."""
    marks = ["truncated"] if trace.finish == "length" else []
    return marks + (["wrong"] if trace.outcome == "wrong" else [])
