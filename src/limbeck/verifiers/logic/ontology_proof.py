"""Proofs over made-up kinds, step by step, each put into a class."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from limbeck.checkers.ontologies import form_of, sentences, statement
from limbeck.checkers.ontology_proofs import classes
from limbeck.records import Problem, Trace, Verdict

FORGIVEN = {
    "strict": ("valid", "redundant", "wrong_branch"),
    "lenient": ("valid", "redundant", "wrong_branch", "skip", "non_atomic"),
}
"""Classes of steps that a proof may have."""


def ontology_proof(
    problem: Problem, trace: Trace, *, proof: Literal["strict", "lenient", "last"] = "strict"
) -> Verdict:
    """The goal of `problems/ontologies` is shown by steps that follow (PrOntoQA-OOD, arXiv 2305.15269).

    Whether a statement is true can be guessed, whether a proof holds cannot.

    Args:
        proof: ``strict`` wants one rule a step, ``lenient`` forgives steps that are left out or taken at
            once, ``last`` looks at nothing but the last sentence.

    Returns:
        A verdict whose ``extracted`` is the class of the first step that is not ``valid`` (a
        ``wrong_branch`` or ``redundant`` step is no error, but it is named), empty where all are; the reason
        counts all classes. No step that can be read is ``unparsed``.
    """
    try:
        premises = [statement(each, "signs") for each in problem.meta["premises"]]
        goal = statement(problem.meta["goal"], "signs")
        reference = problem.answer or ""
        form = form_of(reference)
        gold = [statement(each, form) for each in sentences(reference, form)]
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        return Verdict("ontology_proof", "unknown", reason=f"the problem cannot be read: {error}")
    text = trace.answer.strip() or trace.reasoning.strip()
    steps, shown = classes(premises, gold, text, form)
    if not {*steps} - {"unparsed"}:
        return Verdict("ontology_proof", "unparsed", None, "no step that can be read")
    if proof == "last":
        right = _last(text, form) == goal
        return Verdict("ontology_proof", "correct" if right else "wrong", "", "the last sentence alone")
    first = next((each for each in steps if each != "valid"), "")
    told = ", ".join(f"{count} {name}" for name, count in Counter(steps).items())
    right = goal[1] in shown and {*steps} <= {*FORGIVEN[proof]}
    return Verdict("ontology_proof", "correct" if right else "wrong", first, told)


def _last(text: str, form: Literal["text", "signs"]) -> object:
    try:
        return statement(sentences(text, form)[-1], form)
    except ValueError:
        return None
