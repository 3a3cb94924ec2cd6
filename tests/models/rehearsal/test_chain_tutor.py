"""models/chain_tutor: mended attempts by hand, and against the world's own solver."""

from __future__ import annotations

import random

import pytest

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.chain_tutor import chain_tutor, mended
from limbeck.problems.worlds.haste import haste, rewrite


def replied(content: str, **more) -> str:
    ((_, _, reply),) = chain_tutor().stream([[{"role": "user", "content": content}]], Sampling(**more))
    return reply.text


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        ("", ";8-0+3;8+3;1"),
        (";8-0+3;5+3;8", ";8-0+3;8+3;1"),
        (";2-0+3;2+3;5", ";8-0+3;8+3;1"),
        ("!8+3;4", "!8+3;1"),
        (";8-0+3!1", ";8-0+3!1"),
        (";8-0+3;8+3;1;7", ";8-0+3;8+3;1"),
    ],
    ids=["none", "second line", "first line", "a hasty line that is right stays", "right", "goes on"],
)
def test_an_attempt_is_kept_up_to_its_first_false_line(attempt, text):
    assert mended("5-7-0+3", attempt) == text


def test_it_solves_as_the_worlds_careful_solver_does():
    for problem in haste(n=50, low=2, high=6).problems:
        assert mended(problem.question) == rewrite(problem.question, 0.0, random.Random(0))


def test_the_chain_and_the_attempt_are_found_in_a_prompt():
    asked = "Question: 5-7-0+3\nA student wrote:\n;8-0+3;5+3;8\nThe answer is 1. Explain."
    assert replied(asked) == ";8-0+3;8+3;1"
    assert replied("5-7-0+3", max_tokens=4) == ";8-0"
    with pytest.raises(LimbeckError, match="no chain such as 5-7\\+3 in 'Why\\?'"):
        replied("Why?")
