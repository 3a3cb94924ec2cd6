"""verifiers/maze: plans are walked."""

from __future__ import annotations

import pytest

from limbeck.records import Problem, Trace
from limbeck.verifiers.programs.maze import maze

ROWS = ["S..", ".#.", "..G"]


def outcome(answer: str, rows=ROWS, steps: int | None = 4, **settings) -> tuple[str, str]:
    problem = Problem(id="p", question="?", answer="RRDD", meta={"maze": rows, "steps": steps})
    given = maze(problem, Trace(id="t", problem_id="p", answer=answer), **settings)
    return given.outcome, given.reason


@pytest.mark.parametrize(
    "answer",
    ["RRDD", "DDRR", "r r d d", "Right, right, down, down", "The way:\nR -> R -> D -> D", "\\boxed{RRDD}"],
)
def test_any_shortest_plan_is_correct(answer):
    assert outcome(answer)[0] == "correct"


@pytest.mark.parametrize(
    ("answer", "wanted", "reason"),
    [
        ("RDDR", "wrong", "step 2, D, meets a wall"),
        ("U", "wrong", "step 1, U, meets a wall"),
        ("RRD", "wrong", "ends in row 1, column 2"),
        ("RLRRDD", "wrong", "6 steps, 4 are enough"),
        ("no way", "unparsed", "no steps"),
    ],
)
def test_what_is_wrong_is_named(answer, wanted, reason):
    given = outcome(answer)
    assert (given[0], reason in given[1]) == (wanted, True), given


def test_a_longer_plan_may_do():
    assert outcome("RLRRDD", shortest=False)[0] == "correct"
    assert outcome("RRDD", rows=["S"])[0] == "unknown"
