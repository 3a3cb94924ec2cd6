"""models/noisy_programmer: programs that fail the more often the longer they are."""

from __future__ import annotations

import pytest

from limbeck.checkers.straight_line import run
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models.rehearsal.noisy_programmer import noisy_programmer
from limbeck.problems.worlds.programs import programs


def written(asked: str, number: int = 0, max_tokens: int = 99, **settings) -> Completion:
    model = noisy_programmer(**settings)
    return model.complete([{"role": "user", "content": asked}], number, Sampling(max_tokens=max_tokens))


def test_without_slips_it_is_the_gold_program():
    data = programs(n=40, low=1, high=6)
    assert [written(each.question, slip=0.0).text for each in data.problems] == [
        each.answer for each in data.problems
    ]
    assert written("Write ((3+4)*2)-(5+1) so.", slip=0.0).text == "a=3+4;b=a*2;c=5+1;d=b-c"


def test_long_programs_fail_more_often_and_can_be_run():
    shares = {}
    for size in (1, 5):
        data = programs(n=60, low=size, high=size)
        asked = [problem for problem in data.problems for _ in range(5)]
        done = [run(written(each.question, at, slip=0.2).text) for at, each in enumerate(asked)]
        assert not any(each.error for each in done)
        right = [each.value == problem.meta["value"] for problem, each in zip(asked, done, strict=True)]
        shares[size] = sum(right) / len(right)
    # 0.8 and 0.33 but for slips that change no value, such as 2*2 for 2+2.
    assert 0.72 < shares[1] < 0.9
    assert 0.25 < shares[5] < 0.5


def test_broken_ones_cannot_be_run_and_cut_ones_say_so():
    assert run(written("(3+4)*2", slip=0.0, broken=1.0).text).error
    cut = written("(3+4)*2", slip=0.0, max_tokens=4)
    assert (cut.text, cut.finish, cut.tokens) == ("a=3+", "length", 4)


def test_a_message_without_an_expression():
    with pytest.raises(LimbeckError, match="no expression"):
        written("What is the time?")
