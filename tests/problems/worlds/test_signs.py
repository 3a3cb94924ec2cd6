"""The world of signs: its searches are right, fail exactly as often as asked, and never repeat a try."""

from __future__ import annotations

import pytest

from limbeck.curation.select.merge import merge
from limbeck.errors import LimbeckError
from limbeck.pipeline.store import MemoryShards
from limbeck.problems.worlds.signs import attempt, signs
from limbeck.records import Data
from limbeck.texts.traces import full_text
from limbeck.verifiers.programs.countdown import countdown


def test_an_attempt_is_a_chain_and_its_values():
    assert attempt("3+5-2") == "3+5-2=8=6"
    assert attempt("9+9+9-1") == "9+9+9-1=18=27=26"
    assert attempt("2-5+4") == "", "falls below 0 on the way"


@pytest.mark.parametrize(("numbers", "backtracks"), [(3, 0), (3, 2), (4, 3), (5, 6)])
def test_a_search_takes_back_exactly_as_many_attempts_and_ends_on_the_right_one(numbers, backtracks):
    data = signs(n=40, numbers=numbers, solve="search", backtracks=backtracks)
    for problem, trace in zip(data.problems, data.traces, strict=True):
        target = problem.meta["target"]
        attempts = full_text(trace).removeprefix(";").rpartition(";")[0].split("!")
        assert len(attempts) == backtracks + 1 == len(set(attempts))
        for number, text in enumerate(attempts):
            chain, *_, value = text.split("=")
            assert eval(chain) == int(value)
            assert (int(value) == target) == (number == backtracks)
        assert trace.answer == attempts[-1].partition("=")[0]
        assert countdown(problem, trace).outcome == trace.outcome == "correct"
        assert len(problem.meta["numbers"]) == numbers


def test_searches_with_other_attempts_come_together_under_one_problem():
    few, many = (signs(n=60, solve="search", backtracks=count, seed=3) for count in (0, 1))
    both = Data.join(merge(MemoryShards([few]), MemoryShards([many])))
    shared = {each.id for each in few.problems} & {each.id for each in many.problems}
    assert shared, "no problem is in both, and nothing can collide"
    assert all(len(both.by_problem()[each]) == 2 for each in shared)


def test_splits_share_no_question_and_bounds_are_told():
    asked = [
        {p.question for p in signs(n=80, numbers=4, split=split).problems} for split in ("train", "test")
    ]
    assert not asked[0] & asked[1]
    with pytest.raises(LimbeckError, match="backtracks=4: it must lie between 0 and 3"):
        signs(n=1, numbers=3, solve="search", backtracks=4)
    with pytest.raises(LimbeckError, match="has about"):
        signs(n=100_000, numbers=3)
