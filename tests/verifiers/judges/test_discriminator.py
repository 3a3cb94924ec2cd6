"""verifiers/discriminator and reward_model: a score from the odds of two words."""

from __future__ import annotations

import math
from functools import partial

import pytest
from flat import flat
from judge_cases import PROBLEM, Mute, Weigher, settle, trace

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.records import Verdict
from limbeck.rewards.judged import judged
from limbeck.rewards.ops import Group

judge = flat("verifiers/judge")
discriminator = flat("verifiers/discriminator")
reward_model = flat("verifiers/reward_model")


def test_a_discriminator_grades_by_the_boolean_and_asks_for_one_where_it_is_missing():
    model = Weigher(["hm, 2+2 is 4"], {"true": math.log(0.9), "false": math.log(0.1)})
    found = settle(discriminator(PROBLEM, trace(), model=model))
    assert (found.outcome, found.score) == ("correct", pytest.approx(0.9))
    assert model.scored[0][0][0]["content"] == 'hm, 2+2 is 4\n{"correct":'
    assert "asked for" in found.reason
    assert settle(discriminator(PROBLEM, trace(), model=model, threshold=0.95)).outcome == "wrong"
    unsure = settle(discriminator(PROBLEM, trace(), model=model, force=""))
    assert (unsure.outcome, unsure.score) == ("unknown", None)
    direct = settle(discriminator(PROBLEM, trace(), model=model, max_tokens=0))
    assert direct.score == pytest.approx(0.9)
    thought = Weigher(Completion(text="<think>endless", finish="length"), {"true": -1.0, "false": -1.0})
    settle(discriminator(PROBLEM, trace(), model=thought))
    assert thought.scored[0][0][0]["content"] == '<think>endless</think>\n{"correct":'
    with pytest.raises(LimbeckError, match="cannot score"):
        settle(discriminator(PROBLEM, trace(), model=Mute('{"correct": true}')))


def test_a_reward_model_weighs_two_words_and_a_reward_is_its_score():
    model = Weigher("never asked", {"yes": math.log(0.3), "no": math.log(0.1)})
    found = settle(reward_model(PROBLEM, trace(), model=model))
    assert (found.outcome, found.score, model.asked) == ("correct", pytest.approx(0.75), 0)
    with pytest.raises(LimbeckError, match="two different words"):
        reward_model(PROBLEM, trace(), model=model, right="a", wrong="A")
    bound = partial(reward_model, model=model)
    group = Group(PROBLEM, [trace(), trace(name="u", finish="length")])
    assert judged([group], verifier=bound) == [[pytest.approx(0.75), 0.0]]
    assert judged([Group(PROBLEM, [trace()])], verifier=bound, use="outcome") == [[1.0]]
    assert math.isnan(judged([Group(PROBLEM, [trace()])], verifier=nobody)[0][0])


def nobody(problem, trace) -> Verdict:
    return Verdict("judge", "unknown")


def test_bad_settings_are_named():
    with pytest.raises(LimbeckError, match="votes=0"):
        judge(PROBLEM, trace(), model=Mute("x"), votes=0)
    with pytest.raises(LimbeckError, match="has no"):
        judge(PROBLEM, trace(), model=Mute("x"), template="{question}")
    with pytest.raises(LimbeckError, match="no regular expression"):
        judge(PROBLEM, trace(), model=Mute("x"), before="(")
