"""reasoning-gym's tasks as problems, its scorers as verifiers. Needs the extra [gym]."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("reasoning_gym", reason="reasoning-gym is not installed (extra [gym])")

from limbeck import sandbox
from limbeck.errors import LimbeckError
from limbeck.problems.reasoning_gym import reasoning_gym as problems
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.ops import judge
from limbeck.verifiers.reasoning_gym import reasoning_gym as verify


def ask(problem: Problem, answer: str, **options) -> Verdict:
    trace = Trace(id="t", problem_id=problem.id, answer=answer)
    [(_, verdict)] = judge(lambda p, t: verify(p, t, **options), [(0, problem, trace)])
    return verdict


@pytest.mark.parametrize("task", ["chain_sum", "knights_knaves", "simple_equations"])
def test_gold_is_accepted_with_stray_space_and_other_text_is_not(task):
    for problem in problems(task=task, n=5, seed=3).problems:
        assert ask(problem, f"{problem.answer} \n").outcome == "correct"
        assert ask(problem, "I do not know").outcome == "wrong"
        assert ask(problem, "").outcome == "unparsed"


def test_another_expression_of_the_same_value_is_scored():
    (problem,) = problems(task="countdown", n=1, seed=0).problems
    assert ask(problem, problem.answer.replace(" ", "")).outcome == "correct"
    assert ask(problem, problem.answer + " + 1").outcome == "wrong"
    assert ask(problem, "9**9**9**9", timeout=1.0).outcome in ("wrong", "timeout")


@pytest.mark.skipif(not sandbox.kind()[0], reason=f"no sandbox here: {sandbox.kind()[1]}")
@pytest.mark.parametrize(
    "answer",
    [
        "__import__('pathlib').Path('{mark}').touch()",
        "open('{mark}', 'w')",
        "[c for c in ().__class__.__base__.__subclasses__()]",
        "exec('print(1.0); import os; os._exit(0)')",
        "print(1.0)",
        "S('open(1)')",
    ],
)
def test_an_answer_that_is_a_program_runs_in_the_sandbox_and_is_never_right(tmp_path, answer):
    mark = tmp_path / "was-here"
    for task in ("countdown", "n_queens"):
        (problem,) = problems(task=task, n=1, seed=0).problems
        assert ask(problem, answer.replace("{mark}", str(mark))).outcome in ("wrong", "unknown")
    assert not Path(mark).exists()


def test_the_seed_decides_and_unknown_tasks_are_named():
    first, again, other = (problems(task="chain_sum", n=3, seed=seed) for seed in (1, 1, 2))
    assert [p.question for p in first.problems] == [p.question for p in again.problems]
    assert [p.question for p in first.problems] != [p.question for p in other.problems]
    with pytest.raises(LimbeckError, match="did you mean 'chain_sum'"):
        problems(task="chain_sums")
