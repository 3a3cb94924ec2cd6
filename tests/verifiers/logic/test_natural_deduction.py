"""verifiers/natural_deduction: each step by one rule, assumptions discharged, the label first."""

from __future__ import annotations

import pytest

from limbeck.checkers.fol import parse
from limbeck.checkers.natural_deduction import BadProof, Known, check, rule_of, written
from limbeck.records import Problem, Trace
from limbeck.verifiers.logic.natural_deduction import natural_deduction

FACTS = {"fact1": "F(a) -> G(a)", "fact2": "~G(a)", "fact3": "F(b)"}
GOLD = "void -> assump1: F(a)\nassump1 & fact1 -> int1: G(a)\n[assump1] & int1 & fact2 -> int2: ~F(a)\nproved"


def verdict(answer: str, hypothesis: str = "~F(a)", reasoning: str = "", gold: str = GOLD, **settings):
    meta = {"facts": FACTS, "hypothesis": hypothesis}
    problem = Problem(id="p", question="?", answer=gold, meta=meta)
    return natural_deduction(
        problem, Trace(id="t", problem_id="p", answer=answer, reasoning=reasoning), **settings
    )


RULES = [
    (["A", "A -> B"], "B", "", "implication elimination"),
    (["A -> B", "A"], "B", "", "implication elimination"),
    (["A", "B"], "B & A", "", "conjunction introduction"),
    (["A & B"], "B", "", "conjunction elimination"),
    (["A"], "B | A", "", "disjunction introduction"),
    (["B -> C", "A | B", "A -> C"], "C", "", "disjunction elimination"),
    (["B"], "A -> B", "A", "implication introduction"),
    (["B", "~B"], "~A", "A", "negation introduction"),
    (["~B", "B"], "A", "~A", "negation elimination"),
    (["∀x (F(x) -> G(x))"], "F(a) -> G(a)", "", "universal elimination"),
    (["F(a) & G(b)"], "∃x (F(x) & G(b))", "", "existential introduction"),
    (["∃x F(x)", "∀x (F(x) -> A)"], "A", "", "existential elimination"),
    (["F(a)"], "∀x F(x)", "", "universal introduction"),
]


@pytest.mark.parametrize(("cited", "conclusion", "assumed", "name"), RULES)
def test_each_rule(cited, conclusion, assumed, name):
    known = [Known(parse(text)) for text in cited]
    assert rule_of(known, parse(conclusion), parse(assumed) if assumed else None) == name


@pytest.mark.parametrize(
    ("cited", "conclusion", "assumed"),
    [
        (["B", "A -> B"], "A", ""),
        (["A", "A -> B", "C"], "B", ""),
        (["A | B"], "A", ""),
        (["A"], "A & B", ""),
        (["A | B", "A -> C", "B -> D"], "C", ""),
        (["B"], "A -> B", ""),
        (["B", "~C"], "~A", "A"),
        (["∀x (F(x) -> G(x))"], "F(a) -> G(b)", ""),
        (["∃x F(x)"], "F(a)", ""),
        (["∃x F(x)", "∀x (F(x) -> G(x))"], "G(a)", ""),
    ],
)
def test_what_follows_by_no_rule(cited, conclusion, assumed):
    known = [Known(parse(text)) for text in cited]
    assert rule_of(known, parse(conclusion), parse(assumed) if assumed else None) == ""


def test_what_holds_of_a_thing_that_a_fact_names_does_not_hold_of_all():
    facts = {"fact1": parse("F(a)")}
    with pytest.raises(BadProof, match="step 1"):
        check(["fact1 -> int1: ∀x F(x)"], facts)
    # Under a discharged assumption nothing is supposed of the thing any more.
    proof = [
        "void -> assump1: F(b)",
        "[assump1] & assump1 -> int1: F(b) -> F(b)",
        "int1 -> int2: ∀x (F(x) -> F(x))",
    ]
    assert written(check(proof, facts).steps[-1]) == "∀x (F(x) -> F(x))"
    with pytest.raises(BadProof, match="step 2"):
        check(["void -> assump1: F(b)", "assump1 -> int1: ∀x F(x)"], facts)


def test_a_right_proof_is_correct_however_it_is_laid_out():
    assert verdict(GOLD).outcome == "correct"
    assert verdict("proved", reasoning=GOLD.rpartition("\n")[0]).outcome == "correct"
    assert verdict(GOLD.replace("\n", "; ").replace("proved", "__PROVED__")).outcome == "correct"
    assert verdict(GOLD.replace("proved", "disproved"), "F(a)", gold="disproved").outcome == "correct"


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (GOLD.replace("fact2", "fact3"), "wrong", "step 3: ~F(a) follows by no rule"),
        (GOLD.replace("[assump1] & ", ""), "wrong", "step 3"),
        (GOLD.replace("fact1", "fact9"), "wrong", "there is no 'fact9'"),
        ("fact2 & fact3 -> int1: ~G(a) & F(b)\nproved", "wrong", "another formula"),
        ("void -> assump1: ~F(a)\nproved", "wrong", "which nothing discharges"),
        (GOLD.replace("proved", "disproved"), "wrong", "disproved, not proved"),
        ("unknown", "wrong", "unknown, not proved"),
        ("proved", "unparsed", "without a proof"),
        ("fact1 -> int1: F(a\nproved", "unparsed", "step 1"),
        ("no idea", "unparsed", "no label"),
        ("unproved", "unparsed", "no label"),
    ],
)
def test_what_is_wrong_is_named(answer, outcome, reason):
    given = verdict(answer)
    assert (given.outcome, reason in given.reason) == (outcome, True), given


def test_strict_wants_the_references_facts_and_formulas():
    detour = (
        "fact2 & fact3 -> int0: ~G(a) & F(b)\nint0 -> int9: ~G(a)\nvoid -> assump1: F(a)\n"
        "assump1 & fact1 -> int1: G(a)\n[assump1] & int1 & int9 -> int2: ~F(a)\nproved"
    )
    assert verdict(detour).outcome == "correct"
    assert verdict(detour, proof="strict").outcome == "wrong"
    assert verdict("proved", proof="none").outcome == "correct"
    assert verdict("unknown", gold="unknown").outcome == "correct"


def test_a_problem_without_facts_is_unknown():
    problem = Problem(
        id="p", question="?", answer="proved", meta={"facts": {"fact1": "F("}, "hypothesis": "F(a)"}
    )
    assert natural_deduction(problem, Trace(id="t", problem_id="p", answer="proved")).outcome == "unknown"
    problem.meta = {}
    assert natural_deduction(problem, Trace(id="t", problem_id="p", answer="proved")).outcome == "unknown"
