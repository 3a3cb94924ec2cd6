"""Planted faults are what they are called."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from limbeck.errors import LimbeckError
from limbeck.problems.worlds.planted import FAULTS, planted
from limbeck.texts.traces import full_text


def digits(text: str) -> list[int]:
    return [int(digit) for digit in re.findall(r"\d", re.split(r"\?| is", text)[0])]


def steps(question: str) -> str:
    first, *rest = digits(question)
    text = ""
    for digit in rest:
        text += f";{first}+{digit}={(first + digit) % 10}"
        first = (first + digit) % 10
    return text


def test_every_fault_is_there_and_is_that_fault():
    data = planted(n=1200, seed=3, share=0.6)
    bench = {tuple(digits(p.question)) for p in planted(n=300, seed=3, split="validation").problems}
    assert len({p.id for p in data.problems}) == 1200
    counts = Counter(p.meta["fault"] for p in data.problems)
    assert {*counts} == {"", *FAULTS}
    assert counts[""] == pytest.approx(480, abs=60)
    earlier = set()
    for problem, trace in zip(data.problems, data.traces, strict=True):
        asked, fault = tuple(digits(problem.question)), problem.meta["fault"]
        right = steps(problem.question)
        assert (asked in bench) == (fault == "leaked")
        assert (asked in earlier) == (fault == "duplicate")
        assert (full_text(trace) == f"{right};{problem.answer}") == (
            fault not in ("wrong", "garbled", "loop", "incomplete")
        )
        assert problem.answer == str(sum(asked) % 10)
        if fault in ("loop", "garbled"):
            assert trace.answer == problem.answer
        if fault == "wrong":
            assert trace.answer != problem.answer
        if fault == "incomplete":
            assert (trace.reasoning, trace.answer) == (right, "")
        earlier |= {asked} if not fault else set()


def test_no_fault_without_a_share():
    assert {p.meta["fault"] for p in planted(n=50).problems} == {""}
    assert {p.meta["fault"] for p in planted(n=50, share=1.0, faults=("loop",)).problems} == {"loop"}
    with pytest.raises(LimbeckError, match="name the faults"):
        planted(share=0.1, faults=())
