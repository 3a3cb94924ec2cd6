"""problems/word_tasks: five kinds by hand, and a solver who goes by what a template says."""

from __future__ import annotations

import pytest

from limbeck.checkers.word_tasks import KINDS, draw, question, read
from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.template_user import template_user
from limbeck.problems.worlds.word_tasks import word_tasks

WORDS = ["mado", "kina"]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("last letters", "oa"),
        ("alphabet", "kina mado"),
        ("count of a", "2"),
        ("backwards", "kina mado"),
        ("length", "8"),
    ],
)
def test_each_kind_by_hand_and_read_again_in_every_wording(kind, answer):
    assert KINDS[kind].solve(WORDS) == answer
    for wording in range(3):
        assert read(f"Problem: {question(kind, wording, WORDS)}\n\nmore") == (kind, WORDS)
    assert read("Say something: mado") is None


def test_a_question_has_one_way_alone_that_is_right():
    for problem in word_tasks(n=100).problems:
        kind, words = read(problem.question)
        answers = {name: each.solve(words) for name, each in KINDS.items()}
        assert [name for name, each in answers.items() if each == problem.answer] == [kind]
        assert problem.meta["kind"] == kind
    assert {each.meta["kind"] for each in word_tasks(n=9, kinds=("length",)).problems} == {"length"}
    with pytest.raises(LimbeckError, match="did you mean 'length'"):
        word_tasks(kinds=("lenght",))


def test_words_are_four_to_six_letters_and_differ():
    import random

    words = draw(random.Random(1), 6, 6)
    assert len({*words}) == len(words)
    assert {len(word) for word in words} <= {4, 5, 6}


def test_a_solver_does_what_the_template_says_and_chooses_without_one():
    def told(content, n=1, **chances):
        model = template_user(**{"slip": 0.0, "vague": 0.0, **chances})
        replies = model.generate([[{"role": "user", "content": content}]], Sampling(n=n))[0]
        return [each.text for each in replies]

    sort = question("alphabet", 0, WORDS)
    assert told(f"{sort}\n\nso:\n{KINDS['length'].schema}") == ["by length;8"]
    assert told(sort, unaided=1.0) == ["by alphabet;kina mado"]
    assert "by alphabet" not in told(sort, unaided=0.0)[0]
    assert told(f"{sort}\n\nso:\n{KINDS['length'].schema}", slip=1.0) == ["by length;12"]
    right = sum("by alphabet" in each for each in told(sort, n=1000, unaided=0.3))
    assert abs(right - 300) < 60  # four standard deviations
    with pytest.raises(LimbeckError, match="no task of problems/word_tasks"):
        told("1+1")
