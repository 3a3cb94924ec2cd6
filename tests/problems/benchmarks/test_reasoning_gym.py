"""reasoning-gym's tasks as problems, its scorers as verifiers. Needs the extra [gym]."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("reasoning_gym", reason="reasoning-gym is not installed (extra [gym])")

from limbeck.errors import LimbeckError
from limbeck.problems.benchmarks.reasoning_gym import reasoning_gym as problems
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.reasoning_gym import reasoning_gym as verify
from limbeck.verifiers.ops import judge


def ask(problem: Problem, answer: str, **options) -> Verdict:
    trace = Trace(id="t", problem_id=problem.id, answer=answer)
    [(_, verdict)] = judge(lambda p, t: verify(p, t, **options), [(0, problem, trace)])
    return verdict


@pytest.mark.parametrize("task", ["chain_sum", "leg_counting", "simple_equations"])
def test_gold_is_accepted_with_stray_space_and_other_text_is_not(task):
    for problem in problems(task=task, n=5, seed=3).problems:
        assert ask(problem, f"{problem.answer} \n").outcome == "correct"
        assert ask(problem, "I do not know").outcome == "wrong"
        assert ask(problem, "").outcome == "unparsed"


@pytest.mark.parametrize(
    ("task", "bought"),
    [
        ("game_of_life_halting", "I do not know"),
        ("gsm_symbolic", "-{}"),
        ("gsm_symbolic", "{} and 99"),
        ("coin_flip", "0"),
        ("sokoban", "not {}"),
    ],
)
def test_a_scorer_that_pays_for_what_is_no_answer_is_refused(task, bought):
    for problem in problems(task=task, n=3, seed=11).problems:
        verdict = ask(problem, bought.format(problem.answer))
        assert (verdict.outcome, f"{task} is not scored: its scorer gives 1 to" in verdict.reason) == (
            "unknown",
            True,
        )
        assert ask(problem, f"{problem.answer} ").outcome == "correct"


def test_another_expression_of_the_same_value_is_scored():
    (problem,) = problems(task="countdown", n=1, seed=0).problems
    assert ask(problem, problem.answer.replace(" ", "")).outcome == "correct"
    assert ask(problem, problem.answer + " + 1").outcome == "wrong"
    assert ask(problem, "9**9**9**9", timeout=1.0).outcome in ("wrong", "timeout")


EVIL = [
    "__import__('pathlib').Path('{mark}').touch()",
    "open('{mark}', 'w')",
    "[c for c in ().__class__.__base__.__subclasses__()]",
    "exec('print(1.0); import os; os._exit(0)')",
    "print(1.0)",
    "S('open(1)')",
    "'open(1)'",
    "(exec)('1') or {sum}",
    "[exec][0]('1') or {sum}",
    "(lambda:0)() or {sum}",
    "@exec\ndef f(): pass",
    'f"{exec(1)}"',
    "exec '1'",
    "S('eval')(S('chr')(95)+S('chr')(95)+S('chr')(105))",
    "N('exit')(1)",
    "['exit'][0](1)",
    "S(1)",
]


@pytest.mark.parametrize("answer", EVIL)
def test_an_answer_that_is_a_program_is_not_given_to_a_scorer_that_evaluates(tmp_path, answer):
    mark = tmp_path / "was-here"
    for task in ("countdown", "n_queens", "spiral_matrix", "simple_integration"):
        (problem,) = problems(task=task, n=1, seed=0).problems
        numbers = problem.meta["metadata"].get("numbers", [1])
        given = answer.replace("{mark}", str(mark)).replace("{sum}", "+".join(map(str, numbers)))
        verdict = ask(problem, given)
        assert (verdict.outcome, "evaluates" in verdict.reason) == ("unparsed", True)
    assert not Path(mark).exists()


def test_an_answer_cannot_change_how_the_next_one_is_scored():
    first, *others = problems(task="countdown", n=4, seed=3).problems
    total = "+".join(map(str, first.meta["metadata"]["numbers"]))
    evil = r"""(exec)("import numpy\nnumpy\x2eisclose=l\x61mbda *a,**k: True") or """ + total
    assert ask(first, evil).outcome == "unparsed"
    for problem in others:
        assert ask(problem, "+".join(map(str, problem.meta["metadata"]["numbers"]))).outcome == "wrong"


def test_the_numbers_given_are_used_and_no_others():
    for problem in problems(task="puzzle24", n=3, seed=5).problems:
        assert ask(problem, "4*6*1*1").outcome == "wrong"
        assert ask(problem, "0x18 + 0*1*2").outcome in ("wrong", "unparsed")
        assert ask(problem, problem.answer.replace(" ", "  ")).outcome == "correct"


def test_a_question_said_again_is_no_answer():
    (problem,) = problems(task="simple_integration", n=1, seed=0).problems
    meta = problem.meta["metadata"]
    assert ask(problem, f"Integral({meta['integrand']}, {meta['variable']})").outcome == "unparsed"
    assert ask(problem, f"{problem.answer} + 7").outcome == "correct"


def test_answers_of_scorers_that_evaluate_are_read_as_lists_and_boards():
    (board,) = problems(task="n_queens", n=1, seed=0).problems
    other = next((s for s in board.meta["metadata"]["valid_answers"] if s != board.answer), board.answer)
    assert ask(board, other).outcome == "correct"
    rows = [line.split() for line in board.answer.splitlines()]
    assert ask(board, repr(rows), threshold=0.5).outcome == "correct"
    (text,) = problems(task="string_insertion", n=1, seed=0).problems
    assert ask(text, text.answer + "AB").outcome == "wrong"


def test_the_seed_decides_and_unknown_tasks_are_named():
    first, again, other = (problems(task="chain_sum", n=3, seed=seed) for seed in (1, 1, 2))
    assert [p.question for p in first.problems] == [p.question for p in again.problems]
    assert [p.question for p in first.problems] != [p.question for p in other.problems]
    with pytest.raises(LimbeckError, match="did you mean 'chain_sum'"):
        problems(task="chain_sums")
