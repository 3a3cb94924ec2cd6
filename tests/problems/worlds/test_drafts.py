"""problems/drafts: what chains hold, and that a correction matters to the answer and a check does not."""

from __future__ import annotations

import re

import pytest

from limbeck.errors import LimbeckError
from limbeck.problems.worlds.drafts import Detours, drafts

ALL = Detours(checks=0.5, slips=0.3, restated=0.5, dead=0.5, again=0.5, other=0.5)


def test_answers_are_the_last_digits_in_a_row():
    for problem in drafts(n=50).problems:
        pairs = re.findall(r"[a-i](\d)\+(\d)", problem.question)
        assert problem.answer == "".join(str((int(left) + int(right)) % 10) for left, right in pairs)
        assert problem.meta["additions"] == len(pairs)


def test_every_step_but_a_slip_is_right_and_every_slip_is_put_right():
    slips = checks = 0
    for trace in drafts(n=80, detours=ALL, solve="steps").traces:
        text = trace.reasoning
        for mark, letter, left, right, total in re.findall(r"([;!~])([a-i])(\d)\+(\d)=(\d)", text):
            right_total = str((int(left) + int(right)) % 10)
            if total != right_total:
                assert mark == ";"
                assert f";{letter}{left}+{right}={total}~{letter}{left}+{right}={right_total}" in text
                slips += 1
        assert trace.outcome == "correct"
        assert trace.params["planted"].count("check") == text.count("!")
        checks += text.count("!")
    assert slips > 50
    assert checks > 50


def test_without_detours_a_chain_is_its_steps_and_the_answer():
    (trace,) = drafts(n=1, low=2, high=2, solve="steps").traces
    assert re.fullmatch(r";a\d\+\d=\d;b\d\+\d=\d;", trace.reasoning)


def test_padding_differs_between_the_chains_of_a_question():
    data = drafts(n=30, detours=Detours(checks=0.9, uneven=True), solve="steps", k=4)
    spread = [len({trace.params["padding"] for trace in traces}) for traces in data.by_problem().values()]
    assert sum(each > 1 for each in spread) > 25


def test_impossible_bounds_are_refused():
    with pytest.raises(LimbeckError, match="low=3, high=2"):
        drafts(low=3, high=2)
