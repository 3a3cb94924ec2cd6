"""`problems/carried`: digits written once, rounds that use them, an answer that tells them."""

from __future__ import annotations

import re

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.parameters import ready


def made(**settings):
    return ready("problems/carried", n=50, solve="steps", **settings)()


def test_a_trace_holds_every_digit_against_others_and_says_it_at_both_ends():
    data = made(low=3, high=3, rounds=[2, 4], digits=7)
    for problem, trace in zip(data.problems, data.traces, strict=True):
        terms, letter = problem.question.split("?")
        sums = [(int(a) + int(b)) % 7 for a, b in re.findall(r"[a-z](\d)\+(\d)", terms)]
        assert problem.answer == trace.answer == "".join(map(str, sums))
        text = trace.reasoning + trace.answer
        rounds = re.findall(r"[A-Z][^A-Z;]*", text)
        pairs = "".join(f"{name}={value}" for name, value in zip("abc", sums, strict=True))
        assert text.startswith(f";{pairs}{rounds[0][0]}")
        assert [each[0] for each in rounds] == list("DCBA"["DCBA".index(letter) :])
        assert len(rounds) == problem.meta["rounds"]
        for each in rounds:
            compared = re.findall(r"([a-z])(\d)([<>])", each)
            assert [name for name, _, _ in compared] == list("abc")
            for (_, digit, sign), value in zip(compared, sums, strict=True):
                assert (sign == "<") == (value < int(digit))
        assert text.endswith(";" + problem.answer)


def test_questions_do_not_depend_on_traces_and_seeds_differ():
    questions = [each.question for each in made().problems]
    assert questions == [each.question for each in ready("problems/carried", n=50)().problems]
    assert questions != [each.question for each in made(seed=1).problems]


@pytest.mark.parametrize(
    "bad", [{"low": 0}, {"high": 11}, {"rounds": [3, 2]}, {"rounds": [1, 27]}, {"digits": 1}]
)
def test_impossible_bounds_are_refused(bad):
    with pytest.raises(LimbeckError):
        made(**bad)


def test_without_rounds_a_trace_tells_at_once():
    (problem,), (trace,) = (
        getattr(made(rounds=[0, 0], low=1, high=1), name)[:1] for name in ("problems", "traces")
    )
    assert problem.question.endswith("?@")
    assert trace.reasoning + trace.answer == f";a={problem.answer};{problem.answer}"


def test_chosen_digits_stand_in_the_trace_alone():
    data = made(low=4, high=4, chosen=True, digits=5)
    ends = r";(.)=(.)(.)=(.)(.)=(.)(.)=(.)[A-Z].*;\2\4\6\8"
    for problem, trace in zip(data.problems, data.traces, strict=True):
        assert re.fullmatch(r"[a-j]{4}\?[F-I]", problem.question)
        match = re.fullmatch(ends, trace.reasoning + trace.answer)
        assert match, trace.reasoning
        assert "".join(match.group(1, 3, 5, 7)) == problem.question[:4]
        assert (problem.answer, problem.verifier, trace.outcome) == ("", "pattern", "correct")
    assert len({trace.answer for trace in data.traces}) > 30, "digits are chosen anew for each"
