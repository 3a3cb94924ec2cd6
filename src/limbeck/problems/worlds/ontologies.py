"""Proofs over made-up kinds by six rules of deduction, which may be deeper, wider, and composed."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.ontologies import KINDS, WHO, Form, said, written
from limbeck.checkers.ontology_proofs import CLASSES
from limbeck.errors import LimbeckError, unknown
from limbeck.problems.worlds._deducing import Growing, OutOfKinds, planted
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data, Outcome
from limbeck.types import CountOrNone, Settings, Share

Drawn = tuple[Growing, list[str], str]
"""The proof as it grew, its lines and the class of the fault in them."""
RULES = ("implication", "conjunction", "elimination", "disjunction", "cases", "contradiction")
WRONG = ("skip", "non_atomic", "invalid", "unparsed")
"""Classes of steps that no proof may have; the others only waste a line."""


class Deducing(Settings, frozen=True):
    """What a proof is like.

    Args:
        rules: ``implication``, ``conjunction`` (joined, then used), ``elimination`` (taken out of a
            conjunction), ``disjunction``, ``cases`` and ``contradiction``.
        low, high: fewest and most rules used one on top of the other.
        composed: the rules of a proof may differ; else all but implications are alike.
        width: premises of a conjunction.
        distractors: rules that lead nowhere.
        relevant: share of the problems whose distractors can be applied.
        names: how many kinds are spoken of in all; fewer are learned sooner.
        order: of the premises: ``random``, or ``backward`` from the goal to the facts.
    """

    rules: tuple[str, ...] = RULES
    low: int = 1
    high: int = 3
    composed: bool = True
    width: int = 2
    distractors: CountOrNone = 2
    relevant: Share = 1.0
    names: int = 26
    order: Literal["random", "backward"] = "random"


def ontologies(
    *,
    n: int = 1000,
    deducing: Deducing = Deducing(),
    form: Literal["text", "signs"] = "text",
    solve: Literal["", "proof", "faulty"] = "",
    faulty: tuple[str, ...] = (),
    seed: int = 0,
    split: str = "train",
) -> Data:
    """Facts and rules on made-up kinds, and what is to be shown (Saparov et al., arXiv 2305.15269).

    In English, ``Everything that is a dax and an arp is a gorp.``, or in signs, ``a&d>g``, one line for all,
    ``a&d>g,a,d:g``, whose proof is ``a&d;g``. ``?a`` supposes something, for cases and contradictions.

    Args:
        form: how it is written.
        solve: ``proof`` adds a proof as a trace; ``faulty`` one with a planted fault, of each class in turn.
        faulty: classes of faults, of `limbeck.checkers.ontology_proofs`; none named, all six. A proof
            in which one has no place is not taken.

    Returns:
        Problems of verifier ``ontology_proof``, whose answer is a proof; ``meta`` has ``premises``, ``goal``,
        ``depth`` and ``alike``, whether it is by one rule. A planted trace says its class in
        ``params["fault"]``.

    Raises:
        LimbeckError: an unknown rule, class or split, impossible bounds, too few such problems.
    """
    _check(deducing, faulty)
    faulty = faulty or CLASSES[1:]
    rng = random.Random(f"ontologies/{seed}/{split}")
    turn = 0

    def draw() -> tuple[str, Drawn] | None:
        nonlocal turn
        drawn = _draw(deducing, rng, faulty[turn % len(faulty)] if solve == "faulty" else "", form)
        turn += drawn is not None
        return drawn and (_question(drawn[0], form), drawn)

    data = Data()
    for question, (grown, lines, fault) in distinct(n, split, draw).items():
        proof = _joined([written(step, form) for step in grown.steps], form)
        meta = {
            "premises": [written(each, "signs") for each in grown.premises],
            "goal": written(grown.steps[-1], "signs"),
            "depth": len(grown.used),
            "alike": len({*grown.used}) == 1,
        }
        problem = ask(question, proof, "ontologies", split, meta, verifier="ontology_proof")
        data.problems.append(problem)
        if solve:
            outcome: Outcome = "wrong" if fault in WRONG else "correct"
            line = _joined(lines, form)
            trace = told(problem, line, solve, outcome=outcome, format="plain", params={"fault": fault})
            data.traces.append(trace)
    return data


def _check(deducing: Deducing, faulty: tuple[str, ...]) -> None:
    for rule in deducing.rules or ("",):
        if rule not in RULES:
            raise unknown("rule", rule, RULES, "problems/ontologies")
    for fault in faulty:
        if fault not in CLASSES[1:]:
            raise unknown("class of a fault", fault, CLASSES[1:], "problems/ontologies")
    check_bounds(deducing.low, deducing.high, 1, 8)
    check(2, 4, width=deducing.width)
    check(4, len(KINDS), names=deducing.names)
    if deducing.distractors > 6:
        raise LimbeckError(f"problems/ontologies: distractors={deducing.distractors}: at most 6")


def _draw(deducing: Deducing, rng: random.Random, fault: str, form: Form) -> Drawn | None:
    """A proof; None where names run out or the fault has no place in it."""
    depth = rng.randint(deducing.low, deducing.high)
    kinds = [rng.choice(deducing.rules) for _ in range(depth)]
    if not deducing.composed:
        kinds = [kinds[0]] * depth
    grown = Growing(rng, rng.sample(KINDS[: deducing.names], deducing.names), deducing.width, used=kinds)
    try:
        grown.prove(grown.kind(), kinds)
        grown.distract(deducing.distractors, rng.random() < deducing.relevant)
    except OutOfKinds:
        return None
    if deducing.order == "random":
        rng.shuffle(grown.premises)
    if fault:
        made = planted(grown, fault, form)
        return (grown, made, fault) if made else None
    return grown, [written(step, form) for step in grown.steps], ""


def _joined(lines: list[str], form: Form) -> str:
    return (" " if form == "text" else ";").join(lines)


def _question(grown: Growing, form: Form) -> str:
    told_ = [written(each, form) for each in grown.premises]
    goal = said(grown.steps[-1][1], form)
    if form == "signs":
        return f"{','.join(told_)}:{goal}"
    return f"{' '.join(told_)}\nShow, a step a sentence, that {WHO} is {goal}."
