"""Proofs in signs, ``;a a>c:c;c c>g:g;y``, held against the statements they rest on."""

from __future__ import annotations

import re

from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.traces import full_text

_STEP = re.compile(r";([^;:]+):([^;:]+)(?=;|$)")


def implied(problem: Problem, trace: Trace) -> Verdict:
    """Every step of a proof for `problems/theorems` rests on what was given or concluded and follows from it;
    the last says the given answer.

    Nothing but the proof is looked at: what is shown so is right, and a right answer without a proof is not.

    Returns:
        A verdict whose ``extracted`` is the place of the first step that does not follow, from 0, empty where
        all do. Without a step or an answer, ``y`` or ``n``, it is ``unparsed``.
    """
    known, goal = {*problem.meta.get("statements", ())}, problem.meta.get("goal")
    if not known or not goal:
        return Verdict("implied", "unknown", reason="the problem has no statements or no goal in its meta")
    body, _, answer = full_text(trace).rpartition(";")
    steps, told = _STEP.findall(body), answer.strip()
    if not steps or told not in ("y", "n"):
        return Verdict("implied", "unparsed", None, "no step, or no answer y or n")
    for number, (selected, conclusion) in enumerate(steps):
        resting = selected.split()
        if not known.issuperset(resting):
            return Verdict("implied", "wrong", str(number), "rests on what nobody said")
        heads = {then for given, _, then in (each.partition(">") for each in resting) if given in resting}
        if conclusion not in heads:
            return Verdict("implied", "wrong", str(number), "does not follow from what it rests on")
        known.add(conclusion)
    if steps[-1][1] != (goal if told == "y" else f"-{goal}"):
        return Verdict("implied", "wrong", "", "the last step does not say the answer")
    return Verdict("implied", "correct", "", f"{len(steps)} steps that follow")
