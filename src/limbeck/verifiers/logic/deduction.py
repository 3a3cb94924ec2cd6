"""Proofs in a small natural deduction, checked step by step."""

from __future__ import annotations

import re

from limbeck.records import Problem, Trace, Verdict

WANTS_ANSWER = False

_STEP = re.compile(r"([mie])([a-z](?:&[a-z])?)")
_RULES = {"m": "modus ponens", "i": "introduction of &", "e": "elimination of &"}


def deduction(problem: Problem, trace: Trace) -> Verdict:
    """Every step follows from premises and earlier steps, and the last is the goal; any such proof is
    correct.

    The question is ``premises:goal``, ``a,a>b,b&c>d:d``. A proof is steps ``rule formula``, joined by commas:
    ``mb`` (modus ponens gives b), ``ib&c`` (b and c together), ``eb`` (b out of a conjunction). What is no
    list of such steps is ``unparsed``; a question of another form is ``unknown``.
    """
    premises, colon, goal = problem.question.partition(":")
    if not colon or not goal:
        return Verdict("deduction", "unknown", reason="the question is not of the form premises:goal")
    answer = trace.answer.strip()
    steps = [_STEP.fullmatch(step) for step in answer.split(",")]
    known = set(premises.split(","))
    formula = ""
    for number, step in enumerate(steps, 1):
        if step is None:
            return Verdict("deduction", "unparsed", answer or None, f"step {number} is no step")
        rule, formula = step.groups()
        if not follows(rule, formula, known):
            return Verdict(
                "deduction", "wrong", answer, f"step {number}: {_RULES[rule]} does not give {formula}"
            )
        known.add(formula)
    if formula != goal:
        return Verdict("deduction", "wrong", answer, f"the proof ends in {formula}, not in {goal}")
    return Verdict("deduction", "correct", answer, f"{len(steps)} steps to {goal}")


def follows(rule: str, formula: str, known: set[str]) -> bool:
    """Whether one step of a rule leads from known formulas to this one."""
    if rule == "m":
        leading = [fact for fact in known if fact.endswith(f">{formula}")]
        return any(fact.removesuffix(f">{formula}") in known for fact in leading)
    if rule == "i":
        return "&" in formula and all(part in known for part in formula.split("&"))
    return any("&" in fact and ">" not in fact and formula in fact.split("&") for fact in known)
