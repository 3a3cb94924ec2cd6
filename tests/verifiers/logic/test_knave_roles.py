"""verifiers/knave_roles: the only case that fits what everybody says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limbeck.checkers.knaves import Unreadable, holds, solutions, stated
from limbeck.problems.benchmarks.knights_knaves import knights_knaves
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.logic.knave_roles import knave_roles
from limbeck.verifiers.ops import judge


def ask(verify, answer: str, reference: str = "", options: dict | None = None, **meta) -> Verdict:
    problem = Problem(id="p", question="", answer=reference, meta=meta)
    trace = Trace(id="t", problem_id="p", answer=answer)
    [(_, verdict)] = judge(lambda p, t: verify(p, t, **(options or {})), [(0, problem, trace)])
    return verdict


ISLAND = {
    "names": ["Zoey", "Liam", "Ava"],
    "statements": "(('lying', 1), ('and', ('telling-truth', 0), ('lying', 2)), ('telling-truth', 0))",
}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("(1) Zoey is a knight\n(2) Liam is a knave\n(3) Ava is a knight", "correct"),
        (
            "Zoey a knave?\n<answer>(1) Zoey is a knight (2) Liam is a knave (3) Ava is a knight</answer>",
            "correct",
        ),
        ("Zoey and Ava are knights, and Liam is a knave.", "correct"),
        ("Zoey, Liam, and Ava are all knights.", "wrong"),
        ("Knights: Zoey, Ava. Knaves: Liam", "correct"),
        (
            "Suppose Zoey is a knave. <think> </think>**Zoey**: Knight, **Liam**: Knave, **Ava**: Knight.",
            "correct",
        ),
        ("| Zoey | knight |\n| Liam | knave |\n| Ava | knight |", "correct"),
        ("Knights: Zoey and Ava\nKnaves: Liam", "correct"),
        ('{"Zoey": "knight", "Liam": "knave", "Ava": "knight"}', "correct"),
        (r"\boxed{\text{Zoey is a knight, Liam is a knave, Ava is not a knave}}", "correct"),
        (
            "If Zoey is a knave it fails. Therefore, Zoey is a knight, Liam is a knave, and Ava is a knight.",
            "correct",
        ),
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
