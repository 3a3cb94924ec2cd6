"""models/reverting_thinker: thinks where it is told to, as often as was put in."""

from __future__ import annotations

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.evaluation.metrics.thinks_in_at import thinks_in_at
from limbeck.generation import Sampling
from limbeck.models.rehearsal.reverting_thinker import reverting_thinker
from limbeck.records import Trace
from limbeck.texts.languages import most, scripts

alphabets = flat("problems/alphabets")

DATA = alphabets(n=400, languages=("Cyrillic",), split="test")


def rates(model, system: str = "", begun: str = "") -> tuple[dict[str, float], float]:
    """The shares of thoughts in each script, and of right answers."""
    before = [{"role": "system", "content": system}] if system else []
    behind = [{"role": "assistant", "content": begun}] if begun else []
    chats = [[*before, {"role": "user", "content": each.question}, *behind] for each in DATA.problems]
    texts = [row[0].text for row in model.generate(chats, Sampling(temperature=1.0))]
    thoughts = [most(scripts(text)) for text in texts]
    right = [text[-1] == each.answer for text, each in zip(texts, DATA.problems, strict=True)]
    return {name: thoughts.count(name) / 400 for name in {*thoughts}}, sum(right) / 400


def test_languages_and_accuracies_are_those_put_in():
    model = reverting_thinker(reverts=0.4, led=0.05, right={"Latin": 0.9, "Han": 0.6})
    thoughts, right = rates(model, "please think in Han")
    assert thoughts == pytest.approx({"Han": 0.6, "Latin": 0.4}, abs=0.07)
    assert right == pytest.approx(0.4 * 0.9 + 0.6 * 0.6, abs=0.07)
    thoughts, right = rates(model, begun=";三")
    assert thoughts == pytest.approx({"Han": 0.95, "Latin": 0.05}, abs=0.03)
    assert right == pytest.approx(0.615, abs=0.07)
    thoughts, right = rates(model)
    assert thoughts == pytest.approx({"Cyrillic": 0.6, "Latin": 0.4}, abs=0.07)
    assert right == pytest.approx(0.4 * 0.9 + 0.6, abs=0.06)


def test_a_faithful_one_is_what_the_metric_calls_so():
    [[reply]] = reverting_thinker(reverts=0.0).generate(
        [[{"role": "user", "content": "一+二"}]], Sampling(temperature=0)
    )
    assert reply.text[:-1] == ";一+二=三;"
    trace = Trace(id="t", problem_id="p", reasoning=reply.text)
    assert thinks_in_at(DATA.problems[0], [trace], name="Han") == 1


def test_what_cannot_be_is_said():
    with pytest.raises(LimbeckError, match="did you mean 'Latin'"):
        reverting_thinker(home="Lation")
    with pytest.raises(LimbeckError, match="reverts=2"):
        reverting_thinker(reverts=2)
    with pytest.raises(LimbeckError, match="has no sum"):
        reverting_thinker().generate([[{"role": "user", "content": "b*c"}]], Sampling())


def test_it_adds_up_in_its_worlds_modulus():
    [[reply]] = reverting_thinker(reverts=0.0, modulus=8, right={}).generate(
        [[{"role": "user", "content": "g+f"}]], Sampling(n=1, max_tokens=32)
    )
    assert reply.text.endswith(";3"), "6 + 5 is 3 modulo 8"
