"""Equality of numbers that are nearly equal, of roots, and of what only looks like a sum or a product."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from limbeck.answers.equations import equations
from limbeck.records import Problem, Trace
from limbeck.verifiers.answers.math import math


def ask(gold: str, answer: str, question: str = "") -> str:
    found = math(
        Problem(id="p", question=question, answer=gold), Trace(id="t", problem_id="p", answer=answer)
    )
    return (found.result(timeout=60) if isinstance(found, Future) else found).outcome


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        ("2^{100}", "2^{100}-1", "wrong"),
        ("2^{1000}", "2^{1000}+1", "wrong"),
        ("10^{-30}", "10^{-31}", "wrong"),
        ("0", "10^{-30}", "wrong"),
        ("10^{50}", "10^{50}+0.5", "wrong"),
        (r"10^{30}", r"\sqrt{10^{60}+1}", "wrong"),
        (r"\frac{1}{10^{40}}", "10^{-40}", "correct"),
        (r"\sqrt{5+2\sqrt6}", r"\sqrt2+\sqrt3", "correct"),
        ("0", r"\sqrt{2}+\sqrt{3}-\sqrt{5+2\sqrt{6}}", "correct"),
        ("1", r"\sin^2(1)+\cos^2(1)", "correct"),
        (r"\pi", "3.14159265358979", "unknown"),
    ],
)
def test_numbers_are_equal_to_the_last_digit(gold, answer, outcome):
    assert ask(gold, answer) == outcome


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        ("5", "√15", "wrong"),
        ("√5", "√15", "wrong"),
        (r"\sqrt{15}", "√15", "correct"),
        (r"\sqrt{15}", "√(15)", "correct"),
        ("3", "∛27", "correct"),
        (r"2\sqrt{3}", "2√3", "correct"),
        (r"\frac{\sqrt{2}}{2}", "√2/2", "correct"),
        (r"\sqrt{x}", "√x", "correct"),
    ],
)
def test_a_root_sign_covers_the_whole_number(gold, answer, outcome):
    assert ask(gold, answer) == outcome


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        ("BAC", "CAB", "wrong"),
        ("IV", "VI", "wrong"),
        ("A2", "2A", "wrong"),
        ("2A", "A2", "wrong"),
        ("Aa", "aa", "wrong"),
        ("ABC", "ABC", "correct"),
        ("xy", "yx", "correct"),
        ("AB+BC", "BC+AB", "correct"),
        ("Yes", "yes", "correct"),
        ("Paris", "paris", "correct"),
        ("3-1", "2", "unknown"),
        ("3-1", "4-2", "unknown"),
        ("3-1", "3 to 1", "unknown"),
        ("3-1", "4", "wrong"),
        ("3-1", "1-3", "wrong"),
        ("3-1", "3 – 1", "correct"),
        ("2", "3-1", "correct"),
        ("10-15", "-5", "unknown"),
        ("10-15", "5", "wrong"),
        ("a_1", "a1", "unknown"),
        ("a_1", "a2", "wrong"),
        ("2020-01-02", "2017", "wrong"),
        ("2017", "2020-01-02", "wrong"),
        ("12/25/2020", "12/2020/25", "wrong"),
        ("12/25/2020", "12/25/2020", "correct"),
        ("n^2-1", "(n-1)(n+1)", "correct"),
    ],
)
def test_names_scores_and_dates_are_not_computed(gold, answer, outcome):
    assert ask(gold, answer) == outcome


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (r"2\frac{1}{2} * 2 = 5", True),
        (r"2\frac{1}{2} + 1 = 3.5", True),
        ("2 1/2 + 1 = 3.5", True),
        (r"4 * \frac{1}{2} = 2", True),
        (r"2\frac{1}{2} * 2 = 6", False),
        ("2^3^2 = 512", True),
    ],
)
def test_a_whole_number_before_a_fraction_is_added(text, holds):
    (found,) = equations(text)
    assert found.holds is holds


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        ("4", "It is 4", "correct"),
        ("4", "So it is 4.", "correct"),
        (r"\frac{1}{2}", "It is 0.5", "correct"),
        ("x+1", "It's x+1", "correct"),
        ("5", "It is 4", "wrong"),
        ("4", "It is not 4", "unparsed"),
        ("4", "It is more than 4", "unparsed"),
    ],
)
def test_it_is_points_at_the_answer_and_is_no_product_of_letters(gold, answer, outcome):
    assert ask(gold, answer) == outcome


@pytest.mark.parametrize(
    ("question", "gold", "answer", "outcome"),
    [
        ("Anna had 11 pears and ate 9. How many are left?", "11-9", "2", "correct"),
        ("What is the difference of the two ages?", "20 - 11 - 2", "7", "correct"),
        ("Compute.", "11-9", "11-9", "correct"),
        ("How many are left?", "11-9", "3", "wrong"),
        # Nobody has 2 people fewer than none: this is two or three.
        ("How many people fit in?", "2-3", "-1", "unknown"),
        ("How many people fit in?", "2-3", "2 to 3", "unknown"),
        ("How many games did each of them win?", "11-9", "2", "unknown"),
        ("What was the final score?", "3-1", "2", "unknown"),
        ("Which expression says how many are left?", "11-9", "2", "unknown"),
        ("When was the bridge built?", "12-4-6", "2", "unknown"),
        ("", "3-1", "2", "unknown"),
        ("", "12-4-6", "2", "unknown"),
        ("", "12-4-6", "3", "wrong"),
    ],
)
def test_a_difference_is_its_value_where_a_number_is_asked_for(question, gold, answer, outcome):
    assert ask(gold, answer, question) == outcome
