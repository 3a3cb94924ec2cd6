"""Equality of strings."""

from __future__ import annotations

from limbeck.records import Problem, Trace, Verdict


def exact(problem: Problem, trace: Trace, *, casefold: bool = False) -> Verdict:
    """The whole answer, without surrounding space, is the reference.

    Args:
        casefold: whether ``Yes`` is ``yes``.

    An empty answer is ``unparsed``; a problem without a reference is ``unknown``.
    """
    answer, reference = trace.answer.strip(), (problem.answer or "").strip()
    if not reference:
        return Verdict("exact", "unknown", answer or None, "no reference answer")
    if not answer:
        return Verdict("exact", "unparsed", reason="no answer found")
    equal = answer.casefold() == reference.casefold() if casefold else answer == reference
    word = "=" if equal else "is not"
    return Verdict(
        "exact", "correct" if equal else "wrong", answer, f"{answer[:200]} {word} {reference[:200]}"
    )
