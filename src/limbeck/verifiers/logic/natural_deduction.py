"""Proofs of formal logic deduction, checked step by step."""

from __future__ import annotations

import re
from typing import Any, Literal

from limbeck.checkers.fol import BadFormula, Formula, parse
from limbeck.checkers.natural_deduction import LABELS, BadProof, check, contrary
from limbeck.records import Problem, Trace, Verdict

_LABEL = re.compile(rf"(?<![^\W_])({'|'.join(LABELS)})(?:__)?\W*$", re.I)


def natural_deduction(
    problem: Problem, trace: Trace, *, proof: Literal["lenient", "strict", "none"] = "lenient"
) -> Verdict:
    """The label is right and every step of the proof follows from what it cites by one rule (arXiv
    2308.07336).

    An answer is steps, one a line or between semicolons, and the label: ``fact1 & fact3 -> int1: G(a)``, then
    ``proved``, ``disproved`` or ``unknown``. An answer that is the label alone takes its steps from the
    trace's reasoning. The last step is the hypothesis, or its contrary where it is disproved. ``unknown``
    needs no proof. ``meta["facts"]`` are formulas by their names, ``meta["hypothesis"]`` is one.

    Args:
        proof: ``lenient`` takes any proof, ``strict`` those that rest on the facts the reference rests on and
            pass through no formula that the reference does not, ``none`` looks at the label alone.

    Returns:
        A verdict whose ``extracted`` is the label. A wrong label is ``wrong``, so is a step that does not
        follow, named; steps or a label that cannot be read are ``unparsed``.
    """
    try:
        facts = {str(name): parse(text) for name, text in problem.meta["facts"].items()}
        goal = parse(problem.meta["hypothesis"])
        gold, wanted = _read(problem.answer or "")
    except (LookupError, AttributeError, TypeError, BadFormula) as error:
        return Verdict("natural_deduction", "unknown", reason=f"the problem cannot be read: {error}")
    if not wanted:
        return Verdict("natural_deduction", "unknown", reason="the reference has no label")
    lines, label = _read(trace.answer)
    if not label:
        return Verdict("natural_deduction", "unparsed", None, f"no label: {', '.join(LABELS)}")
    if label != wanted:
        return Verdict("natural_deduction", "wrong", label, f"{label}, not {wanted}")
    if proof == "none" or label == "unknown":
        return Verdict("natural_deduction", "correct", label, "the label is right")
    lines = lines or _read(trace.reasoning)[0]
    return _proof(lines, gold, facts, goal if label == "proved" else contrary(goal), label, proof == "strict")


def _proof(
    lines: list[str], gold: list[str], facts: dict[str, Formula], goal: Formula, label: str, strict: bool
) -> Verdict:
    settled: dict[str, Any] = {"verifier": "natural_deduction", "extracted": label}
    if not lines:
        return Verdict("natural_deduction", "unparsed", label, "a label without a proof")
    try:
        made = check(lines, facts)
    except BadProof as error:
        outcome: Any = "wrong" if error.step is not None else "unparsed"
        return Verdict(**settled, outcome=outcome, reason=str(error))
    if made.steps[-1] != goal:
        return Verdict(
            **settled, outcome="wrong", reason="the proof ends in another formula than is asked for"
        )
    if strict:
        reference = check(gold, facts)
        if made.facts != reference.facts or not set(made.steps) <= set(reference.steps):
            return Verdict(**settled, outcome="wrong", reason="another proof than the reference's")
    return Verdict(**settled, outcome="correct", reason=f"{len(lines)} steps follow")


def _read(text: str) -> tuple[list[str], str]:
    """Steps, and the label; what is no step and has no arrow is passed over."""
    lines = [line.strip(" `.*") for line in re.split(r"[\n;]", text) if line.strip()]
    label = ""
    if lines and (match := _LABEL.search(lines[-1])):
        label = match[1].lower()
        lines[-1] = lines[-1][: match.start()]
    return [line for line in lines if "->" in line and ":" in line], label
