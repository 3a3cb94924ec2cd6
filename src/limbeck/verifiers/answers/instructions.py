"""Whether an answer follows the instructions about its form."""

from __future__ import annotations

from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.instructions import met

WANTS_ANSWER = False


def instructions(problem: Problem, trace: Trace) -> Verdict:
    """The answer, without the thought, follows all of ``meta["instructions"]``; whether it is right does not
    count.

    The share of ``correct`` is MathIF's hard accuracy (arXiv 2505.14810, section 3.4); the metric
    `instructions_met` is the soft one. An empty answer is ``unparsed``.

    Returns:
        A verdict whose reason names the kinds that are not followed; ``unknown`` for a problem without
        instructions, or with some of another kind.
    """
    listed = problem.meta.get("instructions")
    if not listed or not isinstance(listed, list):
        return Verdict("instructions", "unknown", reason="the problem has no meta['instructions']")
    answer = trace.answer.strip()
    if not answer:
        return Verdict("instructions", "unparsed", reason="no answer")
    try:
        kept = met(listed, answer, str(problem.meta.get("asked") or problem.question))
    except (LimbeckError, LookupError, TypeError, ValueError, AttributeError) as error:
        return Verdict("instructions", "unknown", answer[:200], f"instructions that cannot be read: {error}")
    broken = [each["kind"] for each, follows in zip(listed, kept, strict=True) if not follows]
    told = f"not followed: {', '.join(broken)}" if broken else f"{len(listed)} followed"
    return Verdict("instructions", "wrong" if broken else "correct", answer[:200], told)
