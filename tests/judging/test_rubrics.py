"""Schemes, and marks read back from replies."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.judging import rubrics
from limbeck.judging.rubrics import Item
from limbeck.records import Problem, Trace

ITEMS = [Item("states it", 2.0), Item("ends it")]


def problem(rubric: object) -> Problem:
    return Problem(id="p", question="Show it.", answer="gold", meta={"rubric": rubric})


def test_a_scheme_is_read_with_its_defaults_and_a_bad_one_is_named():
    assert rubrics.items_of(problem([{"text": "a", "points": 2}])) == [Item("a", 2.0, True)]
    assert rubrics.items_of(Problem(id="p", question="q")) == []
    with pytest.raises(LimbeckError, match=r"problem 'p': meta\['rubric'\] is no scheme: .*point"):
        rubrics.items_of(problem([{"text": "a", "point": 2}]))
    with pytest.raises(LimbeckError, match="'a' is worth nothing"):
        rubrics.items_of(problem([{"text": "a", "points": 0}]))


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ('Fine.\n{"1": 1.5, "2": 0}', [1.5, 0.0]),
        ('{"1": true, "2": false}', [2.0, 0.0]),
        ('<think>{"1": 2, "2": 1}</think>{"1": 0, "2": 1}', [0.0, 1.0]),
        ('<think>{"1": 2, "2": 1}', None),
        ('{"1": 2}', None),
        ('{"1": 2.5, "2": 0}', None),
        ('{"1": -1, "2": 0}', None),
        ('{"1": "2", "2": 0}', None),
        ("2 and 1", None),
    ],
)
def test_marks_are_one_number_for_each_item_within_its_worth(text, points):
    assert rubrics.read(Completion(text=text), ITEMS) == points


def test_what_was_cut_off_gives_no_marks():
    assert rubrics.read(Completion(text='{"1": 1, "2": 0}', finish="length"), ITEMS) is None


def test_the_median_of_three_overrules_one_and_two_meet_in_the_middle():
    assert rubrics.settled([[2, 0], [0, 0], [2, 1]]) == [2.0, 0.0]
    assert rubrics.settled([[2, 0], [1, 1]]) == [1.5, 0.5]


def test_the_question_shows_all_behind_a_fence():
    trace = Trace(id="t", problem_id="p", answer="my proof")
    [message] = rubrics.asked(problem([]), trace, ITEMS, "", reference=True)
    assert "1. (2 points) states it\n2. (1 points) ends it" in message["content"]
    assert "my proof\n</solution-" in message["content"]
    assert "gold\n</reference-" in message["content"]
    assert '{"1": 0, "2": 0}' in message["content"]
    with pytest.raises(LimbeckError, match=r"has no \{scheme\}"):
        rubrics.check_template("{trace}", "here")
