"""mixing, script, thinks_in and score_correlation against values worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from limbeck.evaluation.metrics.mixing import mixing
from limbeck.evaluation.metrics.score_correlation import combine, score_correlation
from limbeck.evaluation.metrics.script_at import script_at
from limbeck.evaluation.metrics.thinks_in_at import thinks_in_at
from limbeck.records import Problem, Trace

PROBLEM = Problem(id="p", question="Сколько яблок?")


def thoughts(*texts: str) -> list[Trace]:
    return [
        Trace(id=str(at), problem_id="p", reasoning=text, answer="Han 一") for at, text in enumerate(texts)
    ]


def test_mixing_is_the_mean_entropy_of_thoughts_with_letters():
    assert mixing(PROBLEM, thoughts("ab", "aб", "1+1")) == pytest.approx(math.log(2) / 2)
    assert mixing(PROBLEM, thoughts("1+1")) is None
    lines = "We have to add the two numbers, and then\n所以答案是五"
    assert mixing(PROBLEM, thoughts(lines), by="lines") == pytest.approx(math.log(2))


def test_shares_of_a_script_leave_out_thoughts_without_letters():
    assert script_at(PROBLEM, thoughts("aбб", "1"), name="Cyrillic") == pytest.approx(2 / 3)
    assert script_at(PROBLEM, thoughts("aбб"), name="Han") == 0
    assert script_at(PROBLEM, thoughts("1"), name="Han") is None


def test_thoughts_are_in_a_language_or_script_by_most_of_their_letters():
    some = thoughts("Это верно ok", "ok это", "fine it is then", "1+1")
    assert thinks_in_at(PROBLEM, some, name="Russian") == thinks_in_at(PROBLEM, some, name="Cyrillic") == 0.5
    assert thinks_in_at(PROBLEM, some) == 0.5
    told = Problem(id="p", question="b+c", meta={"language": "Han"})
    assert thinks_in_at(told, thoughts("一二a", "ab")) == 0.5
    assert thinks_in_at(Problem(id="p", question="1+1"), some) is None


def test_a_correlation_is_over_all_traces_and_names_that_both_sides_have():
    def scored(**scores: float) -> Trace:
        named = {name.replace("_", "/"): value for name, value in scores.items()}
        return Trace(id="t", problem_id="p", scores=named)

    first = score_correlation(
        PROBLEM, [scored(lens_A=1, written_A=2, lens_B=2), scored(lens_A=2, written_A=1)]
    )
    second = score_correlation(PROBLEM, [scored(lens_A=4, written_A=5, lens_B=0, written_B=1)])
    assert (first, second) == ((1, 2, 2, 1), (4, 5, 0, 1))
    whole = np.corrcoef([1, 2, 4, 0], [2, 1, 5, 1])[0, 1]
    assert np.mean(combine([first, second])) == pytest.approx(whole)
    assert combine([(1, 2), (1, 3)]) == [0, 0]
    assert score_correlation(PROBLEM, [scored(lens_A=1)]) is None
