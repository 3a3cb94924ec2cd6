"""verifiers/pattern: an answer, its reasoning or the whole text is of a form."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace
from limbeck.verifiers.answers.pattern import pattern


def asked(
    verifier, given: str, answer: str | None = "7", reasoning: str = "", name: str = "p#0", **more
) -> str:
    problem = Problem(id="p", question="?", answer=answer)
    return verifier(
        problem, Trace(id=name, problem_id="p", reasoning=reasoning, answer=given), **more
    ).outcome


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ("dacb", "correct"),
        ("dabc", "correct"),
        ("dacc", "wrong"),
        ("dac", "wrong"),
        ("dacbb", "wrong"),
        ("", "wrong"),
    ],
)
def test_a_pattern_tells_answers_that_give_every_label_once(given, outcome):
    assert asked(pattern, given, regex=r"(?!.*(.).*\1)[a-d]{4}") == outcome


def test_a_pattern_looks_at_the_part_it_is_told_to():
    assert asked(pattern, "1", reasoning=">;8+3;", regex=">.*", of="text") == "correct"
    assert asked(pattern, "1", reasoning=";", regex=">.*", of="text") == "wrong"
    assert asked(pattern, "1", reasoning=">;", regex=">;", of="reasoning") == "correct"
    assert asked(pattern, ">", regex=">.*") == "correct"
    assert asked(pattern, "1", reasoning=">;", regex=r"\?\n>.*", of="exchange") == "correct"
    assert asked(pattern, "1", reasoning=";", regex=r"\?\n>.*", of="exchange") == "wrong"


def test_a_pattern_may_name_the_reference_which_is_no_expression_itself():
    truthful = {"regex": r"{answer}|\?"}
    found = [asked(pattern, given, answer=".", **truthful) for given in (".", "?", "x")]
    assert found == ["correct", "correct", "wrong"]
    with pytest.raises(LimbeckError, match=r"regex='\('"):
        asked(pattern, "7", regex="(")
