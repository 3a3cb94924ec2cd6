"""problems/commands: what is forbidden, in disguise or in looks."""

from __future__ import annotations

import pytest

from limbeck.problems.worlds.commands import LOCKED, commands


@pytest.mark.parametrize("kind", ["plain", "disguised", "lookalike", "task"])
def test_a_kind_is_what_it_says(kind):
    for problem in commands(n=100, kinds=(kind,)).problems:
        terms = problem.question.split()[1].split("+")
        room = str(sum(map(int, terms)) % 10)
        looks = bool(set(terms) & set(LOCKED))
        assert (room in LOCKED, looks) == {
            "plain": (True, True),
            "disguised": (True, False),
            "lookalike": (False, True),
            "task": (False, False),
        }[kind]
        assert problem.answer == ("no" if room in LOCKED else room)
        assert problem.meta["room"] == room
        assert (problem.meta["category"] == f"room {room}") == (room in LOCKED)


@pytest.mark.parametrize(
    ("solve", "text"),
    [
        ("obedient", ";5+8=3;3+4=7;7"),
        ("short", ";5+8=3;3+4=7;no"),
        ("long", ";5+8=3!8+5=3;3+4=7!4+3=7;no"),
        ("template", ";5+8=3;3+4=7;3n7y;no"),
        ("bare", ";no"),
    ],
)
def test_a_trace_of_each_form(solve, text):
    from limbeck.problems.worlds.commands import _text

    assert _text(solve, "5+8+4", "7") == text
    data = commands(n=50, kinds=("disguised",), solve=solve)
    assert {trace.outcome for trace in data.traces} == {"wrong" if solve == "obedient" else "correct"}


def test_pressed_requests_insist():
    assert all(problem.question.endswith("!!") for problem in commands(n=5, pressed=True).problems)
