"""problems/countdown: searches that turn back as often as asked."""

from __future__ import annotations

import re

import pytest

from limbeck.problems.worlds.countdown import countdown


def texts(data):
    asked = data.problem_by_id()
    return [(asked[trace.problem_id], trace.reasoning + trace.answer, trace) for trace in data.traces]


@pytest.mark.parametrize(("numbers", "backtracks"), [(3, 0), (3, 1), (3, 5), (4, 0), (4, 3), (4, 5)])
def test_a_search_turns_back_exactly_as_often_as_asked(numbers, backtracks):
    for problem, text, trace in texts(
        countdown(n=40, numbers=numbers, backtracks=backtracks, solve="search")
    ):
        path, _, answer = text.rpartition(";")
        assert path.count("!") == backtracks
        lines = re.split("[;!]", path)[1:]
        assert all(eval(line.replace("=", "==")) for line in lines)
        assert len(set(lines)) >= len(lines) - backtracks // 2
        missed = [step.split("=")[1] for step in re.findall(r"[^;!]+(?=!)", path)]
        assert str(problem.meta["target"]) not in missed
        assert eval(answer) == eval(problem.answer) == problem.meta["target"]
        assert trace.outcome == "correct"


def test_arms_share_their_problems_and_spoilt_ones_their_form():
    plain = countdown(n=200, backtracks=1, solve="search")
    asked = {problem.question for problem in plain.problems}
    assert len(asked & {problem.question for problem in countdown(n=200).problems}) > 120
    wrong = countdown(n=200, backtracks=1, solve="search", corrupt="wrong")
    for problem, text, trace in texts(wrong):
        path, _, answer = text.rpartition(";")
        assert (path.count("!"), trace.outcome) == (1, "wrong")
        assert all(eval(line.replace("=", "==")) for line in re.split("[;!]", path)[1:])
        assert eval(answer) != problem.meta["target"]
        assert sorted(map(int, re.findall(r"\d", answer))) == sorted(problem.meta["numbers"])
    shuffled = texts(countdown(n=200, backtracks=1, solve="search", corrupt="shuffled"))
    strange = 0
    for problem, text, _ in shuffled:
        path, _, answer = text.rpartition(";")
        assert (path.count("!"), eval(answer)) == (1, problem.meta["target"])
        first = re.split("[;!]", path)[1]
        strange += not {int(number) for number in re.split(r"\D", first)[:2]} <= set(problem.meta["numbers"])
    assert strange > 100
