"""The world of chains with slips: lines to judge and lines to falsify."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limbeck.errors import LimbeckError
from limbeck.problems.worlds._chains import reduce
from limbeck.problems.worlds.haste import haste
from limbeck.problems.worlds.slips import KINDS, falsified, slips


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_a_falsified_line_is_never_the_right_one(kind, seed):
    rng = random.Random(seed)
    tokens = list(haste(n=1, low=2, high=4, seed=seed).problems[0].question)
    right = reduce(tokens)
    made = falsified(tokens, False, kind, rng)
    if made is not None:
        assert made != right
        assert len(made) == len(right) - 2 * (kind == "5")
        if kind == "1":
            assert sum(a != b for a, b in zip(made, right, strict=True)) == 1


def test_the_world_of_slips_is_balanced_solved_and_split():
    data = slips(n=400, low=2, high=3, solve=True)
    assert 0.4 < sum(problem.answer == "0" for problem in data.problems) / 400 < 0.6
    for problem, trace in zip(data.problems, data.traces, strict=True):
        chain, *_ = problem.question.replace("!", ";").split(";")
        assert trace.answer == problem.answer == ("0" if problem.meta["kind"] else "1")
        assert trace.reasoning.rstrip(";").rpartition(";")[2] == problem.meta["line"][1:]
        assert problem.question.endswith(problem.meta["line"]) == (problem.answer == "1")
        assert chain
    asked = slips(n=50, task="plant", kinds=("4",), solve=True)
    assert all(p.question.endswith(f"{p.meta['line']}:4") for p in asked.problems)
    assert all(t.answer != p.meta["line"] for p, t in zip(asked.problems, asked.traces, strict=True))
    other = slips(n=400, low=2, high=3, split="test")
    chains = [
        {p.question.replace("!", ";").partition(";")[0] for p in part.problems} for part in (data, other)
    ]
    assert not chains[0] & chains[1]
    with pytest.raises(LimbeckError, match="unknown kind of error '9'"):
        slips(n=1, kinds=("9",))
    with pytest.raises(LimbeckError, match="there are about"):
        slips(n=3000, low=1, high=1, skip=0.0, wrong=0.0)
