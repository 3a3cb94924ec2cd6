"""Puzzles: closed forms against search, the simulator, and a mover that errs at a fixed rate."""

from __future__ import annotations

import random

import pytest

from limbeck.checkers.plans import drafts, moves_in, played, written
from limbeck.checkers.puzzles import IllegalMove, puzzle, search, shortest, spoiled
from limbeck.errors import LimbeckError
from limbeck.evaluation.metrics.answering.outcome_at import outcome_at
from limbeck.evaluation.metrics.first_solved import first_solved
from limbeck.evaluation.metrics.moves_right import moves_right
from limbeck.generation import Sampling
from limbeck.models.rehearsal.noisy_mover import noisy_mover
from limbeck.problems.worlds.puzzles import puzzles
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.ops import verify
from limbeck.verifiers.programs.moves import moves

HANOI = "hanoi:2:KAD"
RIGHT = "1 K A\n2 K D\n1 A D"


@pytest.mark.parametrize("size", range(1, 7))
def test_search_finds_as_many_moves_as_the_formulas_of_hanoi_and_checkers(size):
    towers = puzzle(f"hanoi:{size}:KAD")
    assert len(search(towers) or []) == len(towers.plan() or []) == 2**size - 1
    assert len(shortest(f"checkers:{size}:RB") or ()) == (size + 1) ** 2 - 1


@pytest.mark.parametrize(("boat", "most"), [(2, 3), (3, 5), (4, 6)])
def test_river_crossings_are_solvable_up_to_the_known_number_of_pairs(boat, most):
    """Three pairs for a boat of two, five for one of three, any for one of four."""
    solvable = [pairs for pairs in range(1, 7) if shortest(f"river:{'KADEFG'[:pairs]}:{boat}")]
    assert solvable == list(range(1, most + 1))
    assert len(shortest("river:KAD:2") or ()) == 11, "the classic's eleven crossings"


def test_two_stacks_do_not_always_suffice_and_three_do():
    assert shortest("blocks:KA/:AK/") is None
    assert len(shortest("blocks:KA//:AK//") or ()) == 4


@pytest.mark.parametrize("code", ["hanoi:4:XQB", "checkers:3:WZ", "river:QXW:2", "blocks:QW/E/:E/W/Q"])
def test_plans_reach_the_goal_and_any_cut_or_illegal_move_is_noticed(code):
    asked, plan = puzzle(code), list(shortest(code) or ())
    assert played(asked, plan) == (len(plan), None, "", True)
    assert played(asked, plan[:-1]).solved is False
    assert moves_in(written(plan), asked) == plan
    bracketed = "[" + ", ".join(f"[{', '.join(move)}]" for move in plan) + "]"
    assert moves_in(f"So moves = {bracketed}.", asked) == plan
    broken = [*plan[:2], plan[1], *plan[2:]]
    if code.startswith("river"):
        return  # the same people may go back
    assert played(asked, broken).fault == 2
    with pytest.raises(IllegalMove):
        asked.after(asked.goal, plan[0])


def judged(answer: str, code: str = HANOI, **settings) -> tuple[str, str]:
    problem = Problem(id="p", question="?", meta={"puzzle": code})
    verdict = moves(problem, Trace(id="t", problem_id="p", answer=answer), **settings)
    return verdict.outcome, verdict.reason


@pytest.mark.parametrize(
    "answer", [RIGHT, "1. 1 K A\n2. 2 K D\n3. 1 A D", "1 K A; 2 K D; 1 A D", "[[1,K,A],[2,K,D],[1,A,D]]"]
)
def test_a_plan_counts_however_it_is_listed(answer):
    assert judged(answer) == ("correct", "3 moves")


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        ("1 K A\n2 K A\n1 A D", "wrong", "move 2, 2 K A: a smaller disk"),
        ("1 K A\n1 K D", "wrong", "move 2, 1 K D: disk 1 is on peg A"),
        ("1 K X", "wrong", "move 1, 1 K X: there is no such"),
        ("1 K A\n2 K D", "wrong", "2 moves end elsewhere"),
        ("And so on for all disks.", "unparsed", "no moves"),
        ("There is no solution.", "wrong", "3 moves solve it"),
    ],
)
def test_what_fails_is_told_by_its_first_bad_move(answer, outcome, reason):
    given = judged(answer)
    assert given[0] == outcome
    assert given[1].startswith(reason)


def test_detours_are_allowed_unless_the_shortest_plan_is_asked_for():
    detour = f"1 K D\n1 D K\n{RIGHT}"
    assert judged(detour)[0] == "correct"
    assert judged(detour, optimal=True) == ("wrong", "5 moves, 3 are enough")


def test_nothing_is_wrong_where_nothing_can_be_solved():
    stranded = "river:KADEFG:3"
    assert judged("K k", stranded) == ("unknown", "the puzzle has no solution")
    assert judged("This is impossible.", stranded)[0] == "correct"
    assert judged("K k", "hanoi:0:KAD")[0] == "unknown"
    cut = Trace(id="t", problem_id="p", answer="1 K A", finish="length")
    [trace] = verify(moves, {"p": Problem(id="p", question="?", meta={"puzzle": HANOI})}, [cut])
    assert (trace.outcome, trace.verdicts[-1].reason) == ("unparsed", "truncated")


def test_the_problems_say_their_size_and_their_shortest_plan():
    data = puzzles(n=16, low=3, high=3, solve="shortest", split="test")
    known = {problem.meta["kind"]: problem.meta["moves"] for problem in data.problems}
    assert (known["hanoi"], known["checkers"], known["river"]) == (7, 15, 5)
    assert all(problem.question.endswith(problem.meta["puzzle"]) for problem in data.problems)
    assert [trace.answer for trace in data.traces] == [problem.answer for problem in data.problems]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"kinds": ("hanoy",)}, "hanoi"),
        ({"kinds": ("blocks",), "high": 9}, "high=9"),
        ({"stacks": 12}, "stacks=12"),
    ],
)
def test_what_cannot_be_made_is_refused(settings, told):
    with pytest.raises(LimbeckError, match=told):
        puzzles(**settings)


def test_a_mover_with_a_rate_is_right_as_often_as_independent_moves_say():
    code, slip, count = "hanoi:4:KAD", 0.05, 4000
    model = noisy_mover(slip=slip)
    asked = [[{"role": "user", "content": code}]]
    sampling = Sampling(n=count, temperature=1.0, max_tokens=100)
    replies = [completion.text for _, _, completion in model.stream(asked, sampling)]
    right = sum(judged(text.partition("</think>")[2], code)[0] == "correct" for text in replies)
    wanted = (1 - slip) ** 15
    assert abs(right / count - wanted) < 4 * (wanted * (1 - wanted) / count) ** 0.5


def test_a_limit_cuts_between_moves_and_says_so():
    [(_, _, cut)] = noisy_mover(slip=0.0).stream(
        [[{"role": "user", "content": HANOI}]], Sampling(max_tokens=4)
    )
    assert (cut.text, cut.finish, cut.tokens) == ("<think>\n\n</think>\n1 K A\n", "length", 4)


def test_metrics_count_moves_before_the_first_fault_and_where_a_thought_was_right():
    problem = Problem(id="p", question="?", meta={"puzzle": HANOI})
    tried = f"1 K D\n2 K D\n\n{RIGHT}\n\n{RIGHT}"
    bad = Trace(id="a", problem_id="p", answer="1 K A\n2 K D\n1 K D", verdicts=[Verdict("moves", "wrong")])
    good = Trace(
        id="b", problem_id="p", reasoning=tried, answer=RIGHT, verdicts=[Verdict("moves", "correct")]
    )
    assert moves_right(problem, [bad, good]) == 2.5
    assert [run.solved for _, run in drafts(tried, puzzle(HANOI))] == [False, True, True]
    assert first_solved(problem, [bad, good]) == pytest.approx((len(tried) - len(RIGHT) - 1) / len(tried))
    assert outcome_at(problem, [bad, good], outcome="wrong") == 0.5
    assert moves_right(Problem(id="q", question="?"), [bad]) is None
    assert first_solved(Problem(id="q", question="?"), [bad]) is None


def test_a_spoiled_move_is_another_one():
    asked, rng = puzzle("river:KA:2"), random.Random(0)
    assert all(spoiled(asked, ("K",), rng) != ("K",) for _ in range(50))
