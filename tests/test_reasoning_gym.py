"""reasoning-gym's tasks as problems, its scorers as verifiers. Needs the extra [gym]."""

from __future__ import annotations

import pytest

pytest.importorskip("reasoning_gym", reason="reasoning-gym is not installed (extra [gym])")

from limbeck.errors import LimbeckError
from limbeck.problems.reasoning_gym import reasoning_gym as problems
from limbeck.records import Trace
from limbeck.verifiers.reasoning_gym import reasoning_gym as verify


@pytest.mark.parametrize("task", ["chain_sum", "knights_knaves", "simple_equations"])
def test_gold_is_accepted_with_stray_space_and_other_text_is_not(task):
    for problem in problems(task=task, n=5, seed=3).problems:
        gold = Trace(id="t", problem_id=problem.id, answer=f"{problem.answer} \n")
        assert verify(problem, gold).outcome == "correct"
        assert verify(problem, Trace(id="t", problem_id=problem.id, answer="I do not know")).outcome == "wrong"
        assert verify(problem, Trace(id="t", problem_id=problem.id)).outcome == "unparsed"


def test_the_seed_decides_and_unknown_tasks_are_named():
    first, again, other = (problems(task="chain_sum", n=3, seed=seed) for seed in (1, 1, 2))
    assert [p.question for p in first.problems] == [p.question for p in again.problems]
    assert [p.question for p in first.problems] != [p.question for p in other.problems]
    with pytest.raises(LimbeckError, match="did you mean 'chain_sum'"):
        problems(task="chain_sums")
