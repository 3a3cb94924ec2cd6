"""Straight-line arithmetic programs, run."""

from __future__ import annotations

from limbeck.checkers.straight_line import run
from limbeck.records import Problem, Trace, Verdict

WANTS_ANSWER = False


def straight_line(problem: Problem, trace: Trace) -> Verdict:
    """A program such as ``a=3+4;b=a*2`` is correct when its last statement assigns ``meta["value"]``.

    The whole text is the program: reasoning and answer, whatever format split them. One that cannot be run to
    its end is ``unparsed``; a problem without a value is ``unknown``.
    """
    wanted = problem.meta.get("value")
    if wanted is None:
        return Verdict("straight_line", "unknown", reason="the problem has no value")
    program = trace.reasoning + trace.answer
    done = run(program)
    if done.error or done.value is None:
        return Verdict("straight_line", "unparsed", reason=done.error)
    equal = done.value == wanted
    word = "=" if equal else "is not"
    return Verdict(
        "straight_line", "correct" if equal else "wrong", str(done.value), f"{done.value} {word} {wanted}"
    )
