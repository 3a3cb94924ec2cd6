"""verifiers/lean: proofs compiled in the sandbox; a script stands in for Lean."""

from __future__ import annotations

import pytest
from lean_cases import STATEMENT, ask

from limbeck import sandbox
from limbeck.checkers.lean import Refused, proof_of, statement_of
from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace
from limbeck.verifiers.logic.lean import lean

boxed = pytest.mark.skipif(not sandbox.kind()[0], reason=sandbox.kind()[1])


STATED = "theorem add_swap (a b : Nat) : a + b = b + a"


@boxed
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("by omega", "correct"),
        (f"```lean4\nimport Mathlib\nopen Nat\n\n{STATED} := by\n  omega -- done\n```", "correct"),
        (f"{STATED} := by\n  /- sorry -/ omega", "correct"),
        (":= by omega", "correct"),
        ("by simp", "wrong"),
        ("by choice_of_mine", "wrong"),
        ("by crash", "wrong"),
        ("by silent", "unknown"),
        ("by sleep", "timeout"),
        ("by sorry", "unparsed"),
        ("theorem other (a b : Nat) : a = a := by omega", "unparsed"),
        (f"theorem helper : True := trivial\n{STATED} := by omega", "unparsed"),
        (f"{STATED} := by omega\ntheorem more : False := by omega", "unparsed"),
        ("It is commutative.", "unparsed"),
        ("", "unparsed"),
    ],
)
def test_proofs_are_compiled(binary, answer, outcome):
    verdict = ask(lean, answer, options={"binary": binary, "timeout": 1.0}, statement=STATEMENT)
    assert verdict.outcome == outcome, verdict
    assert verdict.reason


BANNED = [
    "by admit", "by native_decide", "by\n  run_tac IO.println 1", "by omega\n#eval 1",
    "by omega\naxiom mine : False",
    "by omega\nopen Lean Elab", "by omega\nmacro \"x\" : tactic => `(tactic| skip)",
    "by omega\n@[simp] def x := 1",
    "by exact unsafeCast 1", "by omega\ninitialize x", "by exact include_str \"/etc/passwd\"",
    "by omega\nelab \"x\" : tactic => pure ()",
    "by set_option maxRecDepth 9 in omega", "by omega\nend Foo", "by omega\nimport Lean",
    "by exact sorryAx _ #print",
]  # fmt: skip


@pytest.mark.parametrize("proof", BANNED)
def test_proofs_that_could_run_code_or_cheat_are_not_compiled(proof):
    with pytest.raises(Refused):
        proof_of(proof, STATED)


@boxed
def test_lean_reads_nothing_of_the_host(binary):
    verdict = ask(lean, "by steal", options={"binary": binary}, statement=STATEMENT)
    assert (verdict.outcome, verdict.reason) == ("wrong", "line 3: nothing")


@boxed
def test_lean_that_cannot_judge_says_why(binary, tmp_path):
    bare = {"statement": STATEMENT}
    assert "not installed" in ask(lean, "by omega", options={"binary": "no-such-lean"}, **bare).reason
    assert ask(lean, "by omega", options={"binary": binary}).outcome == "unknown"
    assert ask(lean, "by omega", options={"binary": binary}, statement="def x := 1").outcome == "unknown"
    for header in ("import NoLib", "-- Broken"):
        verdict = ask(lean, "by simp", options={"binary": binary}, header=header, **bare)
        assert (verdict.outcome, "does not compile" in verdict.reason) == ("unknown", True)
    assert (
        ask(lean, "by omega", options={"binary": binary, "project": str(tmp_path)}, **bare).outcome
        == "unknown"
    )
    assert statement_of(STATEMENT) == (STATED.replace(" : a +", " :\n    a +"), "add_swap")
    with pytest.raises(LimbeckError, match="timeout"):
        lean(Problem(id="p", question=""), Trace(id="t", problem_id="p"), timeout=-1)
