"""Hostile answers to all verifiers of logic, and logic against truth tables."""

from __future__ import annotations

import gc
import importlib.util
import sqlite3
import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lean_cases import STATEMENT, ask

from limbeck import sandbox
from limbeck.checkers.fol import decide
from limbeck.checkers.knaves import holds
from limbeck.verifiers.logic.constraints import constraints
from limbeck.verifiers.logic.fol import fol
from limbeck.verifiers.logic.knave_roles import knave_roles
from limbeck.verifiers.logic.lean import lean
from limbeck.verifiers.queries.sql import sql

z3 = pytest.mark.skipif(not importlib.util.find_spec("z3"), reason="z3-solver is not installed")


ISLAND = {
    "names": ["Zoey", "Liam", "Ava"],
    "statements": "(('lying', 1), ('and', ('telling-truth', 0), ('lying', 2)), ('telling-truth', 0))",
}


statements = st.recursive(
    st.tuples(st.sampled_from(["lying", "telling-truth"]), st.integers(0, 2)),
    lambda part: st.one_of(
        st.tuples(st.just("not"), part), st.tuples(st.sampled_from(["and", "or", "->", "<=>"]), part, part)
    ),
    max_leaves=5,
)


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


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """What the first question of each kind imports, and what other tests have left for the garbage collector
    to look through, is no answer's cost."""
    path = tmp_path_factory.mktemp("warm") / "empty.sqlite"
    sqlite3.connect(path).executescript("CREATE TABLE t (a)")
    ask(sql, "SELECT a FROM t", "SELECT a FROM t", {}, database=str(path))
    ask(fol, "premises:\nA\nconclusion:\nA", "True", {})
    ask(constraints, "A", "A", {})
    ask(knave_roles, "Zoey is a knight", **ISLAND)
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@z3
@pytest.mark.usefixtures("imported")
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
