"""problems/padded, judged and modes: sums with checks, sums to judge, sums thought about or not."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from limbeck.problems.worlds._sums import additions
from limbeck.problems.worlds.judged import judged
from limbeck.problems.worlds.modes import modes
from limbeck.problems.worlds.padded import Spelling, padded


def texts(data):
    asked = data.problem_by_id()
    return [(asked[trace.problem_id], trace.reasoning + trace.answer, trace) for trace in data.traces]


def adds_up(line: str) -> bool:
    left, total = line.split("=")
    return eval(left) % 10 == int(total)


def test_checks_pad_a_sum_and_change_nothing():
    assert additions("3+8+5") == [(3, 8, 1), (1, 5, 6)]
    assert additions("3+8+5", slip=0, error=9) == [(3, 8, 0), (0, 5, 5)]
    plain = {problem.question: text for problem, text, _ in texts(padded(n=300, redundant=0, solve="steps"))}
    longer = texts(padded(n=300, redundant=1, checks=2, solve="steps"))
    for problem, text, trace in longer:
        assert trace.params["checks"] == text.count("!") == 2 * problem.meta["additions"]
        assert re.sub("![^;!]*", "", text) == plain[problem.question]
        assert int(problem.answer) == eval(problem.question) % 10
        assert all(adds_up(line) for line in re.split("[;!]", text)[1:-1])
    checks = [
        trace.params["checks"] / problem.meta["additions"]
        for problem, _, trace in texts(padded(solve="steps"))
    ]
    assert sum(checks) / len(checks) == pytest.approx(0.7 + 0.49, abs=0.05)


def test_letters_name_additions_and_fewer_digits_make_fewer_sums():
    assert additions("3+4+2", modulus=5) == [(3, 4, 2), (2, 2, 4)]
    for problem, text, _ in texts(
        padded(n=200, redundant=0.5, spelling=Spelling(digits=5, letters=True), solve="steps")
    ):
        first, *terms = re.split("[a-h]", problem.question)
        assert {first, *terms} <= set("01234")
        assert int(problem.answer) == sum(map(int, [first, *terms])) % 5
        lines = re.split("[;!]", text)[1:-1]
        assert all(eval(line[1:].split("=")[0]) % 5 == int(line[-1]) for line in lines)
        assert "".join(dict.fromkeys(line[0] for line in lines)) == "abcdefgh"[: len(terms)]


def test_solutions_to_judge_are_right_or_err_once():
    data = judged(n=400, solve="verdict")
    for problem, text, _ in texts(data):
        shown = problem.question.split("?")[1]
        false = [not adds_up(line) for line in shown.split(";")]
        assert problem.answer == ("wrong" if any(false) else "right")
        assert sum(false) == (problem.meta["slip"] >= 0)
        assert problem.meta["slip"] == (false.index(True) if any(false) else -1)
        assert text == f";{problem.answer}"
    assert 150 < sum(problem.answer == "wrong" for problem in data.problems) < 250
    dealt = judged(n=400, shuffled=True)
    assert Counter(p.answer for p in dealt.problems) == Counter(p.answer for p in data.problems)
    assert (
        120
        < sum(one.answer == two.answer for one, two in zip(dealt.problems, data.problems, strict=True))
        < 280
    )


def test_both_modes_are_right_and_only_thinking_is_long():
    data = modes(n=400, solve="mixed", k=2)
    for problem, text, trace in texts(data):
        question = problem.question
        assert problem.answer == (question[-1] if problem.meta["easy"] else str(eval(question) % 10))
        assert text.startswith(">") == trace.params["think"]
        assert text.count(";") == (problem.meta["operations"] if trace.params["think"] else 1)
    kinds = Counter((data.problem_by_id()[t.problem_id].meta["easy"], t.params["think"]) for t in data.traces)
    assert len(kinds) == 4
    assert all(130 < count < 270 for count in kinds.values())
    assert not any(trace.params["think"] for trace in modes(n=30, solve="mixed", think=0).traces)
