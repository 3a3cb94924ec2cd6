"""verifiers/fol: first-order logic, each verdict worked by hand."""

from __future__ import annotations

import importlib.util
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limbeck.checkers.fol import BadFormula, parse
from limbeck.errors import LimbeckError
from limbeck.problems.benchmarks.folio import folio
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.logic.constraints import constraints
from limbeck.verifiers.logic.fol import fol
from limbeck.verifiers.ops import judge

z3 = pytest.mark.skipif(not importlib.util.find_spec("z3"), reason="z3-solver is not installed")


def ask(verify, answer: str, reference: str = "", options: dict | None = None, **meta) -> Verdict:
    problem = Problem(id="p", question="", answer=reference, meta=meta)
    trace = Trace(id="t", problem_id="p", answer=answer)
    [(_, verdict)] = judge(lambda p, t: verify(p, t, **(options or {})), [(0, problem, trace)])
    return verdict


P, Q, R, X = ("pred", "P", ()), ("pred", "Q", ()), ("pred", "R", ()), ("var", "x")


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("P ∧ Q ∨ R", ("or", ("and", P, Q), R)),
        ("P ⊕ Q → R", ("implies", ("xor", P, Q), R)),
        ("P → Q → R", ("implies", P, ("implies", Q, R))),
        ("P ↔ Q → R", ("iff", P, ("implies", Q, R))),
        ("¬P ∧ Q", ("and", ("not", P), Q)),
        ("not P and Q", ("and", ("not", P), Q)),
        ("~P & Q -> R", ("implies", ("and", ("not", P), Q), R)),
        (r"\neg P \land Q \rightarrow R", ("implies", ("and", ("not", P), Q), R)),
        ("∀x (S(x)) → P", ("implies", ("all", "x", ("pred", "S", (X,))), P)),
        ("∀x. S(x) → P", ("all", "x", ("implies", ("pred", "S", (X,)), P))),
        ("∃x ∀y T(x, y)", ("any", "x", ("all", "y", ("pred", "T", (X, ("var", "y")))))),
        ("∀x, y (T(x, y))", ("all", "x", ("all", "y", ("pred", "T", (X, ("var", "y")))))),
        ("S(f(a))", ("pred", "S", (("fun", "f", (("fun", "a", ()),)),))),
        ("a ≠ b", ("not", ("eq", ("fun", "a", ()), ("fun", "b", ())))),
        ("Costs(it, y42.3billion)", ("pred", "Costs", (("fun", "it", ()), ("fun", "y42.3billion", ())))),
    ],
)
def test_formulas_are_read(text, formula):
    assert parse(text) == formula


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("P ∧ Q)", "at character 6"), ("(P ∧ Q", "at the end"), ("P ∧", "at the end"),
        ("S(x)", "no quantifier binds 'x'"), ("P Q", "at character 3"), ("∀ (P)", "at character 3"),
        ("∀x (S(x), T(x))", "at character 9"), ("P $ Q", "at character 2"), ("", "at the end"),
        (r"P \frac Q", "frac"), ("(" * 50 + "P" + ")" * 50, "deeper"), ("¬" * 50 + "P", "deeper"),
        ("P" * 5000, "longer"),
        ("S(" * 50 + "a" + ")" * 50, "deeper"), ("P → " * 60 + "P", "deeper"),
    ],
)  # fmt: skip
def test_what_is_no_formula_is_named_with_its_place(text, place):
    with pytest.raises(BadFormula, match=place):
        parse(text)


@given(st.text(alphabet="PQxy(),∀∃∧∨→↔¬⊕=.& \\", max_size=40))
def test_any_text_is_a_formula_or_a_bad_one(text):
    with suppress(BadFormula):
        assert isinstance(parse(text), tuple)


SOCRATES = "Premises:\n1. ∀x (Man(x) → Mortal(x)) ::: men die\n- Man(socrates)\n\nConclusion:\n"


@z3
@pytest.mark.parametrize(
    ("answer", "reference", "outcome"),
    [
        (SOCRATES + "Mortal(socrates)", "True", "correct"),
        (SOCRATES + "¬Mortal(socrates)", "False", "correct"),
        (SOCRATES + "Mortal(zeus)", "Uncertain", "correct"),
        (SOCRATES + "Mortal(zeus)", "Unknown", "correct"),
        (SOCRATES + "Mortal(zeus)", "True", "wrong"),
        (SOCRATES + "¬Mortal(socrates)", "True", "wrong"),
        (SOCRATES + "Mortal(x)", "True", "unparsed"),
        (SOCRATES, "True", "unparsed"),
        ("It is true.", "True", "unparsed"),
        ("", "True", "unparsed"),
        (SOCRATES + "Mortal(socrates)", "perhaps", "unknown"),
        (SOCRATES + "Mortal(socrates)", "", "unknown"),
        ("Premises:\nP\n¬P\nConclusion: Q", "True", "unknown"),
        ("Conclusion: ∃x (P(x)) → ∃y (P(y))", "True", "correct"),
        ("Conclusion: ∀x (P(x)) → ∃x (P(x))", "True", "correct"),  # there is at least one thing
        ("Premises:\na = b\nP(a)\nConclusion: P(b)", "True", "correct"),
        ('{"premises": ["P", "P -> Q"], "conclusion": "Q"}', "True", "correct"),
        (
            "First ```\nP\n```, then\n```\nPredicates:\nP\nPremises:\nP ⊕ Q\nP\nQuery: Q\n```",
            "False",
            "correct",
        ),
        ("TEXT: it rains\nFOL: P\nTEXT: is it wet\nFOL: P ∨ Q", "True", "correct"),
    ],
)
def test_what_follows_is_the_label(answer, reference, outcome):
    verdict = ask(fol, answer, reference)
    assert verdict.outcome == outcome, verdict
    assert verdict.verifier == "fol"
    assert verdict.reason


@z3
def test_letters_stand_for_options_and_time_is_limited():
    options = ["A) True", "B) False"]
    problem = {"answer": SOCRATES + "Mortal(socrates)", "reference": "A"}
    for listed, outcome in (
        (options, "correct"),
        (options[::-1], "wrong"),
        (["A) yes", "B) False"], "correct"),
    ):
        meta = [f"{letter}) {text[3:]}" for letter, text in zip("AB", listed, strict=True)]
        assert fol_with(problem, meta) == outcome
    # Groups: associativity, unit and inverses do not settle commutativity quickly either way.
    group = "Premises:\n∀x ∀y ∀z (m(x, m(y, z)) = m(m(x, y), z))\n∀x (m(e, x) = x)\n∀x (m(i(x), x) = e)\n"
    group += "∀x (m(x, m(x, m(x, m(x, x)))) = e)"
    verdict = ask(fol, group + "\nConclusion: ∀x ∀y (m(x, y) = m(y, x))", "Uncertain", {"timeout": 0.3})
    assert verdict.outcome in ("timeout", "correct")
    with pytest.raises(LimbeckError, match="timeout"):
        fol(Problem(id="p", question=""), Trace(id="t", problem_id="p"), timeout=0)


def fol_with(problem: dict, options: list[str]) -> str:
    made = Problem(id="p", question="", answer=problem["reference"], meta={"options": options})
    [(_, verdict)] = judge(fol, [(0, made, Trace(id="t", problem_id="p", answer=problem["answer"]))])
    return verdict.outcome


@z3
def test_folio_against_itself(shared):
    problems = folio(path=shared / "logic/folio_validation.jsonl", verifier="fol").problems[::4]
    items = []
    for problem in problems:
        program = {"premises": problem.meta["premises-FOL"], "conclusion": problem.meta["conclusion-FOL"]}
        answer = json.dumps(program, ensure_ascii=False)
        items.append((problem, problem, Trace(id="t", problem_id=problem.id, answer=answer)))
    outcomes = [verdict.outcome for _, verdict in judge(fol, items)]
    assert outcomes.count("correct") >= 46  # of 51; what else there is lists claims/agreement-formal.md


def test_a_missing_solver_is_named(monkeypatch):
    for name in ("fol", "constraints"):
        monkeypatch.setattr(f"limbeck.verifiers.logic.{name}.find_spec", lambda module: None)
    for verify, reference in ((fol, "True"), (constraints, "A")):
        verdict = ask(verify, "x", reference)
        assert (verdict.outcome, "limbeck[verify]" in verdict.reason) == ("unknown", True)
