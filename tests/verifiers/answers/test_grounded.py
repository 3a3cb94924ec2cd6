"""verifiers/grounded: a proof counts only where its thoughts show most of it."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.problems.worlds.proofs import proofs
from limbeck.records import Problem, Trace
from limbeck.verifiers.answers.grounded import grounded, shown
from limbeck.verifiers.logic.deduction import deduction

GOAL = Problem(id="p", question="c>f,a,a&b>c,b:f", answer="ia&b,mc,mf", verifier="deduction")


def proved(reasoning: str, answer: str, **more) -> str:
    trace = Trace(id="t", problem_id="p", reasoning=reasoning, answer=answer, format="lines")
    return grounded(GOAL, trace, verifier=deduction, **more).outcome


@pytest.mark.parametrize(
    ("reasoning", "answer", "outcome"),
    [
        ("?f[mf]?c[ia&b,mc];", "ia&b,mc,mf", "correct"),
        ("?f[mf]?c[ia&b,mc];", "mf", "wrong"),
        ("?c[ia&b,mc];", "ia&b,mc,mf", "correct"),
        ("?f[mf];", "ia&b,mc,mf", "unparsed"),
        ("?f[]?c[];", "ia&b,mc,mf", "unparsed"),
        ("?f?c;", "ia&b,mc,mf", "unparsed"),
        ("?f[mf]?c[ia&b,mc];", "", "unparsed"),
        ("?f[mg]?c[ib&a];", "ia&b,mc,mf", "unparsed"),
    ],
)
def test_a_proof_counts_only_where_its_thoughts_show_most_of_it(reasoning, answer, outcome):
    assert proved(reasoning, answer) == outcome


def test_the_gate_is_as_high_as_asked_for():
    assert proved("?f[mf];", "ia&b,mc,mf", coverage=0.2) == "correct"
    assert proved("<mc,mf>;", "ia&b,mc,mf", coverage=0.5, snippet="<(.*?)>") == "correct"
    with pytest.raises(LimbeckError, match="one group"):
        proved("?f[mf];", "mf", snippet="x")
    with pytest.raises(LimbeckError, match="no regular expression"):
        proved("?f[mf];", "mf", snippet="(")


def test_every_proof_of_the_small_world_passes_the_gate():
    data = proofs(n=50, solve="careful")
    problems = data.problem_by_id()
    for trace in data.traces:
        assert grounded(problems[trace.problem_id], trace, verifier=deduction).outcome == "correct"


def test_the_share_of_an_answer_that_is_shown_is_exact():
    import re

    pattern = re.compile(r"\[(.*?)\]")
    assert shown(pattern, "[mf]", "mc,mf") == pytest.approx(0.5)
    assert shown(pattern, "[mc; mf]", "mc,mf") == 1
    assert shown(pattern, "[mf][mf]", "mf,mf") == 1
    assert shown(pattern, "nothing", "mf") is None
