"""Criteria of steps, and defects planted in them, worked by hand."""

from __future__ import annotations

import random

import pytest

from limbeck.texts.corruption import spoil
from limbeck.texts.step_checks import CHECKS, faults, read

QUESTION = "Bells: 12. Drums: 3 more than bells. Kites: 2 times drums. Maps: 7. How many kites?"
STEPS = ["bells: 12", "drums: 12 + 3 = 15", "kites: 15 * 2 = 30"]


def marks(steps: list[str], answer: str = "30") -> dict[str, list[int]]:
    """The places that each criterion has something against."""
    every = {check: faults(check, QUESTION, steps, answer) for check in CHECKS}
    return {check: [at for at, fault in enumerate(row) if fault] for check, row in every.items() if any(row)}


def test_numbers_are_read_out_of_equations_and_statements():
    assert read("drums: 12 + 3 = 15") == read("12+3=15")
    assert (read("24-14=10").operands, read("24-14=10").results) == (("24", "14"), ("10",))
    assert read("bells: 12").results == ("12",)
    assert read("12 + 3 = 16").holds is False
    assert read("nothing here").holds is None


def test_a_right_trace_has_no_fault():
    assert marks(STEPS) == {}


@pytest.mark.parametrize(
    ("steps", "answer", "expected"),
    [
        (["bells: 12", "drums: 12 + 5 = 17", "kites: 17 * 2 = 34"], "34", {"grounded": [1]}),
        (["bells: 12", "drums: 12 + 3 = 16", "kites: 16 * 2 = 32"], "32", {"valid": [1]}),
        (["bells: 12", "kites: 15 * 2 = 30", "drums: 12 + 3 = 15"], "30", {"coherent": [1]}),
        (["bells: 12", "also: 12 + 7 = 19", *STEPS[1:]], "30", {"useful": [1]}),
        # An answer that is nobody's result makes the last step useless.
        (STEPS, "31", {"useful": [2]}),
    ],
)
def test_each_defect_is_seen_by_its_criterion_alone(steps, answer, expected):
    assert marks(steps, answer) == expected


@pytest.mark.parametrize(
    ("kind", "check"),
    [("operand", "grounded"), ("sum", "valid"), ("order", "coherent"), ("useless", "useful")],
)
def test_what_is_planted_is_seen_where_it_is_planted(kind, check):
    for seed in range(30):
        steps, answer, at = spoil(kind, STEPS, QUESTION, "30", random.Random(seed))
        assert marks(steps, answer) == {check: [at]}, (kind, steps, answer)


def test_whole_traces_are_shuffled_or_contradicted():
    steps, answer, at = spoil("shuffled", STEPS, QUESTION, "30", random.Random(0))
    assert (sorted(steps), answer, at) == (sorted(STEPS), "30", -1)
    assert steps != STEPS
    steps, answer, _ = spoil("contradicting", STEPS, QUESTION, "It is 30.", random.Random(0))
    assert steps == STEPS
    assert answer.startswith("It is ")
    assert answer != "It is 30."


def test_where_there_is_no_place_nothing_is_planted():
    for kind in ("operand", "sum", "order", "useless"):
        assert spoil(kind, ["so it is"], "Which?", "yes", random.Random(0)) is None
    assert spoil("shuffled", ["once", "once"], "Which?", "yes", random.Random(0)) is None
    assert spoil("contradicting", STEPS, QUESTION, "yes", random.Random(0)) is None
