"""Options that hold the total once, and can be put in another order."""

from __future__ import annotations

from collections import Counter

import pytest

from limbeck.answers.options import options, reordered
from limbeck.problems.worlds.option_sums import option_sums
from limbeck.records import Problem


def test_one_option_is_the_total_and_stands_anywhere():
    problems = option_sums(n=800, split="test").problems
    for problem in problems:
        texts = options(problem)
        total = eval(problem.question.partition(" is")[0])  # digits and plus signs
        assert [letter for letter, text in texts.items() if text == str(total)] == [problem.answer]
    places = Counter(problem.answer for problem in problems)
    assert min(places.values()) > 150


def test_options_in_another_order_keep_the_right_one():
    question = "What is it? A) no option.\n(A) ten\n(B) two\n(C) six"
    problem = Problem(
        id="p", question=question, answer="B", meta={"options": ["ten", "two", "six"], "row": 3}
    )
    moved = reordered(problem, "CAB")
    assert moved.question == "What is it? A) no option.\n(A) six\n(B) ten\n(C) two"
    assert (moved.id, moved.answer, moved.meta) == ("p", "C", {"options": ["six", "ten", "two"], "row": 3})
    assert reordered(moved, "BCA") == problem


@pytest.mark.parametrize("order", ["AB", "ABB", "ABCD"])
def test_an_order_of_other_options_is_refused(order):
    problem = Problem(id="p", question="(A) x\n(B) y\n(C) z", answer="A")
    with pytest.raises(ValueError, match="cannot be put in the order"):
        reordered(problem, order)
    with pytest.raises(ValueError, match="does not list"):
        reordered(Problem(id="p", question="?", answer="A", meta={"options": ["x", "y"]}), "BA")
