"""Knights and knaves, proofs in Lean (a script stands in for it), hostile answers, and logic against truth
tables."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limbeck import sandbox
from limbeck.checkers.fol import decide
from limbeck.checkers.knaves import Unreadable, holds, solutions, stated
from limbeck.checkers.lean import Refused, proof_of, statement_of
from limbeck.errors import LimbeckError
from limbeck.problems.benchmarks.knights_knaves import knights_knaves
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.logic.constraints import constraints
from limbeck.verifiers.logic.fol import fol
from limbeck.verifiers.logic.knave_roles import knave_roles
from limbeck.verifiers.logic.lean import lean
from limbeck.verifiers.ops import judge
from limbeck.verifiers.queries.sql import sql

boxed = pytest.mark.skipif(not sandbox.kind()[0], reason=sandbox.kind()[1])
z3 = pytest.mark.skipif(not importlib.util.find_spec("z3"), reason="z3-solver is not installed")


def ask(verify, answer: str, reference: str = "", options: dict | None = None, **meta) -> Verdict:
    problem = Problem(id="p", question="", answer=reference, meta=meta)
    trace = Trace(id="t", problem_id="p", answer=answer)
    [(_, verdict)] = judge(lambda p, t: verify(p, t, **(options or {})), [(0, problem, trace)])
    return verdict


ISLAND = {
    "names": ["Zoey", "Liam", "Ava"],
    "statements": "(('lying', 1), ('and', ('telling-truth', 0), ('lying', 2)), ('telling-truth', 0))",
}
# Zoey says Liam lies. If she lies, Liam is a knight, and so is she: no. She is a knight, Liam a knave, Ava a
# knight.


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("(1) Zoey is a knight\n(2) Liam is a knave\n(3) Ava is a knight", "correct"),
        ("Zoey a knave?\n<answer>(1) Zoey is a knight (2) Liam is a knave (3) Ava is a knight</answer>", "correct"),
        ("Zoey and Ava are knights, and Liam is a knave.", "correct"),
        ("Zoey, Liam, and Ava are all knights.", "wrong"),
        ("Knights: Zoey, Ava. Knaves: Liam", "correct"),
        ("Suppose Zoey is a knave. <think> </think>**Zoey**: Knight, **Liam**: Knave, **Ava**: Knight.", "correct"),
        ("| Zoey | knight |\n| Liam | knave |\n| Ava | knight |", "correct"),
        ("Knights: Zoey and Ava\nKnaves: Liam", "correct"),
        ('{"Zoey": "knight", "Liam": "knave", "Ava": "knight"}', "correct"),
        (r"\boxed{\text{Zoey is a knight, Liam is a knave, Ava is not a knave}}", "correct"),
        ("If Zoey is a knave it fails. Therefore, Zoey is a knight, Liam is a knave, and Ava is a knight.", "correct"),
        ("1. Zoey is a knave\n2. Liam is a knave\n3. Ava is a knight", "wrong"),
        ("(1) Zoey is a knight\n(2) Liam is a knight\n(3) Ava is a knight", "wrong"),
        ("Zoey is a knight, Liam is a knave.", "unparsed"),
        ("Zoey is a knight, Liam is a knight.", "wrong"),
        ("Zoey is a knight and Zoey is a knave, Liam is a knave, Ava is a knight", "unparsed"),
        ("Zoeys is a knight", "unparsed"),
        ("", "unparsed"),
    ],
)  # fmt: skip
def test_roles_are_the_only_case_that_fits(answer, outcome):
    assert ask(knave_roles, answer, "(1) Zoey is a knight", **ISLAND).outcome == outcome


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"statements": "(('lying', 1), ('lying', 0), ('lying', 0))"}, "2 cases"),
        ({"statements": "(('lying', 0), ('lying', 0), ('lying', 0))"}, "no cases"),
        ({"statements": "__import__('os')"}, "no nested tuples"),
        ({"statements": "(('lying', 9), ('lying', 0), ('lying', 0))"}, "no statement"),
        ({"statements": "(('lying', 1),)"}, "one statement"),
        ({"statements": None}, "one statement"),
        ({"names": "Zoey"}, "no list of names"),
    ],
)
def test_islands_that_decide_nothing_are_unknown(changed, said):
    verdict = ask(knave_roles, "Zoey is a knight", **{**ISLAND, **changed})
    assert (verdict.outcome, said in verdict.reason) == ("unknown", True), verdict
    wrong = ask(knave_roles, "Zoey is a knight", "Zoey is a knave", **ISLAND)
    assert (wrong.outcome, "reference" in wrong.reason) == ("unknown", True)


statements = st.recursive(
    st.tuples(st.sampled_from(["lying", "telling-truth"]), st.integers(0, 2)),
    lambda part: st.one_of(
        st.tuples(st.just("not"), part), st.tuples(st.sampled_from(["and", "or", "->", "<=>"]), part, part)
    ),
    max_leaves=5,
)


@given(st.tuples(statements, statements, statements))
def test_solutions_are_consistent_and_complete(said):
    found = solutions(said, 3)
    for bits in range(8):
        case = tuple(bool(bits >> person & 1) for person in range(3))
        assert (case in found) == all(holds(said[person], case) == case[person] for person in range(3))
        lines = [
            f"({i + 1}) {name} is a {'knight' if role else 'knave'}"
            for i, (name, role) in enumerate(zip("XYZ", case, strict=True))
        ]
        assert stated("\n".join(lines), "XYZ") == dict(zip("XYZ", case, strict=True))
    with pytest.raises(Unreadable):
        holds(("maybe", 1), (True,))


def test_knights_and_knaves_against_themselves(shared):
    for people in (3, 5, 7):
        data = knights_knaves(path=shared / f"logic/knights_knaves_{people}ppl_test.parquet")
        for problem in data.problems:
            assert (
                knave_roles(problem, Trace(id="t", problem_id="p", answer=problem.answer)).outcome
                == "correct"
            )
            turned = problem.answer.replace("knave", "KNIGHT").replace("knight", "knave")
            assert knave_roles(problem, Trace(id="t", problem_id="p", answer=turned)).outcome == "wrong"


STATEMENT = "theorem add_swap (a b : Nat) :\n    a + b = b + a := by sorry"
STATED = "theorem add_swap (a b : Nat) : a + b = b + a"
FAKE = """#!{python}
import json, os, re, sys, time
if "--print-prefix" in sys.argv:
    sys.exit(1)
text = open(sys.argv[-1]).read()
lines = text.split("\\n")
def say(severity, line, data):
    print(json.dumps({{"severity": severity, "pos": {{"line": line, "column": 0}}, "data": data}}))
proof = text.split(":=", 1)[1]
if "Broken" in text:
    say("error", 1, "unknown identifier 'Broken'")
elif "NoLib" in text:
    say("error", 1, "unknown module prefix 'NoLib'")
elif "omega" in proof or "sorry" in proof:
    say("information", 2, "'add_swap' does not depend on any axioms")
    axioms = "[propext]" if "omega" in proof else "[sorryAx]"
    say("information", len(lines) - 1, "'add_swap' depends on axioms: " + axioms)
elif "sleep" in proof:
    time.sleep(60)
elif "choice_of_mine" in proof:
    say("information", len(lines) - 1, "'add_swap' depends on axioms: [propext, mine]")
elif "steal" in proof:
    say("error", 3, "all" if os.path.exists("/etc/passwd") else "nothing")
elif "silent" in proof:
    pass
elif "crash" in proof:
    print("out of memory"); sys.exit(137)
else:
    say("error", 3, "unsolved goals")
    sys.exit(1)
"""


@pytest.fixture(scope="module")
def binary(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("lean") / "lean"
    path.parent.chmod(0o755)
    path.write_text(FAKE.format(python=sys.executable))
    path.chmod(0o755)
    return str(path)


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


HOSTILE = [
    *("", "\x00"),
    *(char * 200_000 for char in "\n ([{"),
    "/- " * 100_000,
    "`" * 100_000,
    "```\n" * 50_000,
    "premises" + ":" * 100_000 + "x",
    "Zoey" + " " * 100_000 + "is",
    "Zoey is " * 50_000,
    "\\boxed{" * 50_000,
    "select " + "a," * 100_000,
    "with " + "a" * 100_000,
    ("\n" + "1. ") * 50_000,
    "∀x " * 50_000,
    "¬" * 100_000,
    "'" * 100_001,
    '"' * 100_001,
    "SELECT 1\n" + "\n \n" * 50_000,
    "a=" * 100_000,
    "-" * 100_000,
    "by " + "«" * 100_000,
    "\u202e\ud800",
    "A:" * 50_000,
    "variables:\n" + "a" * 100_000 + ": 1..2",
    "variables:\na: 1..2\nconstraints:\n" + "a->" * 30_000,
    '{"premises": ' + "[" * 100_000,
    "<answer>" * 50_000,
    "</think>" * 50_000,
    "theorem " * 50_000,
    "#" * 100_000,
    "select 1;" * 50_000,
    "/*" * 100_000,
    "x:: " * 50_000,
]


@z3
@pytest.mark.parametrize("answer", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_hostile_answers_cost_little_and_are_never_right(answer, tmp_path, binary):
    path = tmp_path / "empty.sqlite"
    sqlite3.connect(path).executescript("CREATE TABLE t (a); INSERT INTO t VALUES (7)")
    program = {"variables": {"a": "1..2"}, "constraints": ["a == 2"]}
    started = time.process_time()
    outcomes = {
        ask(sql, answer, "SELECT a FROM t", {"timeout": 1.0}, database=str(path)).outcome,
        ask(fol, answer, "True", {"timeout": 1.0}).outcome,
        ask(constraints, answer, "A", {"timeout": 1.0}).outcome,
        ask(constraints, answer, program=program).outcome,
        ask(knave_roles, answer, **ISLAND).outcome,
    }
    outcomes.add(ask(lean, answer, options={"binary": binary, "timeout": 2.0}, statement=STATEMENT).outcome)
    assert outcomes <= {"wrong", "unparsed", "timeout", *(["unknown"] if not sandbox.kind()[0] else [])}, (
        outcomes
    )
    assert time.process_time() - started < 2


@z3
@given(statements, statements)
def test_entailment_is_what_truth_tables_say(premise, conclusion):
    def formula(said):
        if said[0] in ("lying", "telling-truth"):
            letter = ("pred", f"P{said[1]}", ())
            return ("not", letter) if said[0] == "lying" else letter
        return ({"->": "implies", "<=>": "iff"}.get(said[0], said[0]), *map(formula, said[1:]))

    cases = [case for case in product((True, False), repeat=3) if holds(premise, case)]
    truths = {holds(conclusion, case) for case in cases}
    label = {(True,): "True", (False,): "False", (): ""}.get(tuple(truths), "Uncertain")
    assert decide([formula(premise)], formula(conclusion), 5.0)[0] == label
