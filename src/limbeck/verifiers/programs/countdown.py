"""Expressions that must reach a target from given numbers."""

from __future__ import annotations

from limbeck.answers.arithmetic import evaluate
from limbeck.records import Problem, Trace, Verdict

WANTS_ANSWER = False


def countdown(problem: Problem, trace: Trace, *, every: bool = True) -> Verdict:
    """Any expression that gives ``meta["target"]`` from ``meta["numbers"]``, each used once, is correct.

    What cannot be read as arithmetic is ``unparsed``, a problem without target or numbers ``unknown``.

    Args:
        every: whether all the numbers must be used.
    """
    target, given = problem.meta.get("target"), problem.meta.get("numbers")
    if target is None or not given:
        return Verdict("countdown", "unknown", reason="the problem has no target or no numbers")
    answer = trace.answer.strip()
    try:
        value, used = evaluate(answer)
    except ValueError as error:
        return Verdict("countdown", "unparsed", answer or None, str(error))
    spare = list(given)
    for number in used:
        if number not in spare:
            return Verdict("countdown", "wrong", answer, f"{number} is not there, or used twice")
        spare.remove(number)
    if every and spare:
        return Verdict("countdown", "wrong", answer, f"{spare[0]} is not used")
    if value != target:
        return Verdict("countdown", "wrong", answer, f"{answer} is {value}, not {target}")
    return Verdict("countdown", "correct", answer, f"{answer} = {target}")
