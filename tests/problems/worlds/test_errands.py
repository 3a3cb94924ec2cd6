"""problems/errands: answers by hand, passages that tell, names that no training told."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.problems.worlds.errands import KINDS, errands, names, number
from limbeck.texts.traces import full_text


def test_answers_are_those_of_the_passages_and_of_arithmetic():
    data = errands(n=60, solve="head", split="test")
    assert {problem.meta["kind"] for problem in data.problems} == set(KINDS)
    for problem, trace in zip(data.problems, data.traces, strict=True):
        told = dict(passage.split() for passage in problem.meta["passages"])
        sign = "*" if "*" in problem.question else "+"
        first, second = problem.question.split(sign)
        assert (sign == "*") == (problem.meta["kind"] in ("large", "both"))
        value = int(told[first] if first.isalpha() else first)
        assert int(problem.answer) == (value * int(second) if sign == "*" else value + int(second))
        assert trace.outcome == "correct"
        assert full_text(trace).endswith(f"{value}{sign}{second}={problem.answer};{problem.answer}")


def test_rare_names_of_a_test_are_in_no_training():
    asked = [
        {problem.question[:3] for problem in errands(n=150, kinds=("rare", "both"), split=split).problems}
        for split in ("train", "test")
    ]
    assert not asked[0] & asked[1]
    assert not (asked[0] | asked[1]) & set(names()[:20])
    assert all(100 <= number(name) <= 999 for name in names())


def test_an_unknown_kind_is_one_error():
    with pytest.raises(LimbeckError, match="did you mean 'rare'"):
        errands(kinds=("rar",))
