"""Every sum in a trace's steps, recomputed."""

from __future__ import annotations

from limbeck.answers.equations import equations
from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.steps import Cutting, steps_of

WANTS_ANSWER = False


def arithmetic(
    problem: Problem,
    trace: Trace,
    *,
    cutting: Cutting = Cutting(),
    need: int = 1,
) -> Verdict:
    """Recompute every ``a + b = c`` in a trace exactly, and name the first step with one that does not hold.

    Sides may have brackets, decimals, percentages, powers, money, units, LaTeX fractions and chains
    (``2*3 = 6``). A decimal may be the exact value rounded or cut. Equations with a letter or a word as an
    operand are not read, and what can be read in two ways is never wrong. So ``correct`` says only that what
    was computed holds: use the verdict to find slips, not as the sole judge of a trace.

    Args:
        need: fewest equations that a trace must hold to be called ``correct``; with fewer it is ``unknown``.

    Returns:
        ``extracted`` is the first wrong step, counted from 0, and empty where none is.

    Raises:
        LimbeckError: an unknown ``by``, or no regular expression.
    """
    text, ends = steps_of(trace, cutting)
    if not ends:
        return Verdict("arithmetic", "unparsed", reason="the trace has no steps")
    checked = unsure = begin = 0
    for number, end in enumerate(ends):
        for equation in equations(text[begin:end]):
            if equation.holds is False:
                why = f"step {number}: {equation.left} is {_shown(equation.value)}, not {equation.right}"
                return Verdict("arithmetic", "wrong", str(number), why[:300])
            checked += equation.holds is True
            unsure += equation.holds is None
        begin = end
    told = f"{checked} equations hold" + (f", {unsure} can be read so or so" if unsure else "")
    if checked < need:
        return Verdict("arithmetic", "unknown", reason=f"{told}; {need} needed")
    return Verdict("arithmetic", "correct", "", told)


def _shown(value: object) -> str:
    return str(value)[:40]
