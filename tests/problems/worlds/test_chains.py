"""problems/haste and expr: chains of digit operations."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import pytest

from limbeck.errors import LimbeckError
from limbeck.problems.worlds._chains import SPLITS, reduce, solve, split_of
from limbeck.problems.worlds.expr import expr
from limbeck.problems.worlds.haste import haste


@pytest.mark.parametrize(
    ("question", "answer"), [("5-7-0+3", "1"), ("1-2*3", "5"), ("9*9", "1"), ("0-1", "9"), ("2+3*4-5*6", "4")]
)
def test_chains_are_solved_modulo_ten_multiplication_first(question, answer):
    assert solve(question) == answer
    assert int(answer) == eval(question) % 10


def test_haste_asks_different_questions_of_every_length():
    data = haste(n=600, seed=3)
    assert len({problem.question for problem in data.problems}) == 600
    assert set(Counter(problem.meta["operations"] for problem in data.problems)) == {3, 4, 5}
    assert all(int(p.answer or "") == eval(p.question) % 10 and p.verifier == "exact" for p in data.problems)
    assert haste(n=600, seed=3) == data
    assert haste(n=600, seed=4) != data


def test_splits_share_no_question_whatever_the_seed():
    asked = {}
    for split in SPLITS:
        bounds = {"low": 6, "high": 7} if split == "hard" else {"low": 1, "high": 3}
        asked[split] = {
            p.question for seed in (0, 1) for p in haste(n=40, split=split, seed=seed, **bounds).problems
        }
        assert all(split_of(question) == split for question in asked[split])
    assert not asked["train"] & asked["test"]


def test_a_hasty_solver_is_right_and_writes_two_steps_at_once_where_it_says_so():
    data = haste(n=400, solve="hasty")
    asked = data.problem_by_id()
    for trace in data.traces:
        assert (trace.outcome, trace.format, trace.finish) == ("correct", "lines", "stop")
        now = list(asked[trace.problem_id].question)
        text = trace.reasoning + trace.answer
        lines = text.replace("!", "\n!").replace(";", "\n;").split("\n")[1:]
        for line in lines:
            now = reduce(reduce(now)) if line[0] == "!" else reduce(now)
            assert line[1:] == "".join(now)
        assert len(now) == 1
    skips = sum(trace.params["skips"] for trace in data.traces)
    assert 300 < skips < 800
    assert not any("!" in trace.reasoning for trace in haste(n=50, solve="careful").traces)


def test_solved_short_chains_come_again_as_another_trace():
    data = haste(n=500, low=1, high=1, solve="careful")
    assert len(data.traces) == 500 == len({trace.id for trace in data.traces})
    assert len(data.problems) < 300
    with pytest.raises(LimbeckError, match="chains of 1 to 1 operations"):
        haste(n=500, low=1, high=1)


def test_expr_slips_without_a_system_and_is_judged_honestly():
    assert all(trace.outcome == "correct" for trace in expr(n=50, solve="careful").traces)
    data = expr(n=100, solve="careful", slip=0.3, k=3)
    assert len(data.traces) == 300
    answers = {problem.id: problem.answer for problem in data.problems}
    for trace in data.traces:
        assert "!" not in trace.reasoning
        assert (trace.answer == answers[trace.problem_id]) == (trace.outcome == "correct")
        assert trace.outcome == "correct" or trace.params["slips"]
    assert 0.2 < sum(trace.outcome == "wrong" for trace in data.traces) / 300 < 0.9


@pytest.mark.parametrize(
    ("given", "said"),
    [({"split": "tset"}, "test"), ({"low": 4, "high": 2}, "low"), ({"split": "hard"}, "low: 6, high: 7")],
)
def test_impossible_worlds_are_refused(given, said):
    with pytest.raises(LimbeckError, match=said):
        haste(n=5, **given)


def test_lines_are_restated_as_often_as_told_and_nothing_else_changes():
    plain = haste(n=400, solve="careful", seed=5)
    data = haste(n=400, solve="careful", seed=5, restated=0.5)
    several = repeated = 0
    for trace in data.traces:
        text = trace.reasoning + trace.answer
        lines = re.findall("([;:])([^;:]+)", text)
        assert all(line == before for (_, before), (mark, line) in pairwise(lines) if mark == ":")
        assert lines[-1] == (";", trace.answer), "the last line is not restated"
        assert trace.params["restated"] == text.count(":")
        assert trace.outcome == "correct"
        several += text.count(";") - 1
        repeated += text.count(":")
    assert repeated / several == pytest.approx(1.0, abs=0.12), "each line and each repetition half the time"
    assert not any("restated" in trace.params for trace in plain.traces)
    with pytest.raises(LimbeckError, match="restated=1"):
        haste(n=5, restated=1.0)
