"""The solver's truth is what was set."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.sure_solver import Level, kind_of, sure_solver

QUESTIONS = [f"{a}+{b}-{c}" for a in range(10) for b in range(1, 10) for c in (1, 2, 3)]


def replies(n: int = 20, **settings) -> list[tuple[str, str]]:
    """Question and text."""
    model = sure_solver(level=Level(**settings))
    asked = [[{"role": "user", "content": question}] for question in QUESTIONS]
    drawn = model.stream(asked, Sampling(n=n, temperature=1.0, max_tokens=64))
    return [(QUESTIONS[index], completion.text) for index, _, completion in drawn]


def test_it_is_right_states_and_refuses_as_often_as_is_set():
    right, refused = {"easy": [], "hard": []}, {"easy": [], "hard": []}
    for question, text in replies(hard_refused=0.4):
        kind, answer = kind_of(question), text.rpartition(";")[2]
        refused[kind].append(answer == "?")
        if answer != "?":
            right[kind].append(int(answer) == eval(question))  # digits and signs
        assert text.count("hm\n") == {"easy": 2, "hard": 8}[kind]
        assert f"confidence: {({'easy': 90, 'hard': 30})[kind]}\n" in text
    for kind, accuracy, idk in (("easy", 0.9, 0.0), ("hard", 0.3, 0.4)):
        assert sum(right[kind]) / len(right[kind]) == pytest.approx(accuracy, abs=0.03)
        assert sum(refused[kind]) / len(refused[kind]) == pytest.approx(idk, abs=0.03)


def test_the_same_again_and_what_it_does_not_know():
    assert replies(2) == replies(2)
    with pytest.raises(LimbeckError, match="no chain such as"):
        next(iter(sure_solver().stream([[{"role": "user", "content": "Who?"}]], Sampling())))
