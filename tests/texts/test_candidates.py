"""What thoughts arrive at, and what they repeat."""

from __future__ import annotations

import pytest

from limbeck.texts.candidates import contradicts, last_candidate, repetitions, steps_in

WORKED = ["bells: 12", "drums: 12 + 3 = 15", "kites: 15 * 2 = 30"]


def test_the_last_candidate_is_stated_or_computed():
    assert last_candidate(WORKED) == ("30", WORKED[-1])
    assert last_candidate(["The answer is 7.", "Let me see."]) == ("7", "The answer is 7.")
    assert last_candidate(["Let me see what the answer is.", "2 + 2 = 4"], number=True)[0] == "4"
    assert last_candidate([]) is None


@pytest.mark.parametrize(
    ("steps", "answer", "fault"),
    [
        (WORKED, "30", False),
        (WORKED, "The answer is $30.", False),
        (WORKED, "31", True),
        (WORKED, "\\boxed{28}", True),
        # The step names it: it may be what is meant.
        (["15 * 2 = 30, so 15 are left"], "15", False),
        (["The answer is 1,450 crates"], "1450", False),
        (["so it is"], "30", False),
        (["so it is"], "yes", False),
        (["The answer is no."], "yes", True),
        (WORKED, "", False),
    ],
)
def test_an_answer_contradicts_when_it_is_another_than_the_last_candidate(steps, answer, fault):
    assert contradicts(steps, answer) == fault


def test_a_repetition_brings_nothing_new():
    again = [*WORKED, "drums: 12 + 3 = 15", "drums: 12 + 4 = 16", "Hm."]
    assert repetitions(again) == [3]
    assert repetitions(["Hm.", "Hm."]) == []
    assert steps_in("a\nb\n") == ["a", "b"]
