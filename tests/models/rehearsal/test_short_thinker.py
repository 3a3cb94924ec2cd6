"""models/short_thinker: single steps rightly, many at once in haste."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.short_thinker import short_thinker
from limbeck.teachers.measure.flows import TEMPLATE
from limbeck.teachers.write.along_flow import ANSWER, PLAN, STEP
from limbeck.texts.templates import fill


def said(content: str, seed: int = 0, **settings) -> str:
    chat = [{"role": "user", "content": content}]
    ((completion,),) = short_thinker(**settings).generate([chat], Sampling(seed=seed, max_tokens=999))
    return completion.text


def plan(budget: str) -> list[str]:
    asked = fill(PLAN, example="1+1+1+1+1", flow="add", question="3+8+5", budget=budget)
    return said(asked).splitlines()


def step(strategy: str, written: str, **settings) -> str:
    asked = fill(STEP, question="3+8+5", strategy=strategy, written=written, flow="", steps="3", number="2")
    return said(asked, **settings)


def test_plans_are_as_long_as_asked():
    add, check = "add the next digit", "check the last addition"
    assert plan("") == [add, add]
    assert plan(", in exactly 1 steps") == ["add all that is left"]
    assert plan(", in exactly 5 steps") == [add, check, check, add, check]


def test_steps_go_on_from_what_is_written():
    sure = {"wrong": 0, "hasty": 0}
    assert step("add the next digit", "(nothing)", **sure) == "3+8=1"
    assert step("add the next digit", "3+8=2;!8+3=2", **sure) == "2+5=7"
    assert step("check the last addition", "3+8=1", **sure) == "!8+3=1"
    assert step("add all that is left", "(nothing)", **sure) == "1+5=6"
    assert said(fill(ANSWER, question="3+8+5", written="3+8=1;1+5=6")) == "6"
    assert said("3+8+5", **sure) == ";6"


def test_haste_errs_and_single_steps_do_not():
    seeds = range(600)
    at_once = [said("3+8+5+2", seed, wrong=0, hasty=0.3) for seed in seeds]
    # Of three additions the last two are hasty.
    assert sum(text == ";8" for text in at_once) / 600 == pytest.approx(0.7**2, abs=0.06)
    steps = [step("add the next digit", "3+8=1", seed=seed, wrong=0, hasty=0.3) for seed in seeds]
    assert {*steps} == {"1+5=6"}


def test_strategies_of_a_solved_sum_are_named():
    asked = fill(TEMPLATE, question="3+8+5", count="4", steps="1. ;3+8=1\n2. !8+3=1\n3. ;1+5=6\n4. ;6")
    assert said(asked).splitlines() == ["add the next digit", "check the last addition", "add the next digit"]
    with pytest.raises(LimbeckError, match="hasty=2"):
        short_thinker(hasty=2)
