"""verifiers/deduction: proofs in propositional logic, step by step."""

from __future__ import annotations

import pytest

from limbeck.records import Problem, Trace
from limbeck.verifiers.logic.deduction import deduction


def judge(verify, answer, reasoning="", **problem):
    verdict = verify(
        Problem(id="p", **{"question": "", **problem}),
        Trace(id="t", problem_id="p", reasoning=reasoning, answer=answer),
    )
    assert verdict.verifier == verify.__name__
    return verdict.outcome, verdict.reason


@pytest.mark.parametrize(
    ("answer", "outcome", "said"),
    [("ia&b,mc,mf", "correct", "3 steps"), ("ib&a,ia&b,mc,mf", "correct", "4 steps"),
     ("mc,mf", "wrong", "step 1"),
     ("ib&a,mc,mf", "wrong", "step 2: modus ponens does not give c"),
     ("ia&b,mc", "wrong", "ends in c, not in f"),
     ("ia&b,eb,eg", "wrong", "step 3: elimination"), ("ia&g", "wrong", "step 1: introduction"),
     ("if", "wrong", "step 1"), ("ia&b;mc,mf", "unparsed", "step 1"), ("", "unparsed", "step 1"),
     ("sorry", "unparsed", "step 1")],
)  # fmt: skip
def test_proofs_are_checked_step_by_step(answer, outcome, said):
    found, reason = judge(deduction, answer, question="c>f,a,a&b>c,b:f")
    assert found == outcome
    assert said in reason


def test_conjunctions_are_taken_apart_on_either_side_but_not_in_front_of_an_arrow():
    assert judge(deduction, "ea,mz", question="b&a,a>z:z")[0] == "correct"
    assert judge(deduction, "eb", question="b&a:b")[0] == "correct"
    assert judge(deduction, "ea", question="b&a>z:a")[0] == "wrong"
    assert judge(deduction, "mz", question="a,a>z")[0] == "unknown"
