"""models/noisy_agent: right without mishaps, and its plan decides where it would be lost."""

from __future__ import annotations

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.noisy_agent import noisy_agent

SEEN = "\n<observation>\n{}\n</observation>\n"


def said(model, *contents, roles=("user", "assistant")):
    chat = [{"role": roles[at % 2], "content": content} for at, content in enumerate(contents)]
    return model.generate([chat], Sampling())[0][0].text


def test_without_mishaps_it_looks_up_reckons_and_answers():
    model = noisy_agent(garbled=0, raises=0, slip=0)
    first = said(model, "lun*738")
    assert first == "look up, then reckon\n```search\nlun\n```"
    second = first + SEEN.format("lun 382\ntik 5")
    assert said(model, "lun*738", second) == "```python\n382*738\n```"
    third = second + "```python\n382*738\n```" + SEEN.format(382 * 738)
    assert said(model, "lun*738", third) == "```answer\n281916\n```"
    # An observation in a turn of the user is read alike, and behind an error it tries again.
    assert said(model, "47+5", "```python\n47+5\n```", SEEN.format("52").strip()) == "```answer\n52\n```"
    assert "47+5" in said(model, "47+5", "```python\n47+x\n```", SEEN.format("NameError: x").strip())


def test_lost_it_answers_at_once_but_never_behind_a_plan():
    model = noisy_agent(lost=1.0, garbled=0, raises=0, slip=0)
    assert said(model, "lun*738").startswith("```answer")
    plan = said(model, "plan lun*738")
    assert plan.startswith("look up, then reckon\n\n")
    assert said(model, "lun*738", "look up, then reckon\n") == "```search\nlun\n```"


def test_mishaps_come_as_often_as_they_are_told_to():
    model = noisy_agent(garbled=0.3, raises=0.3, slip=0.2)
    replies = model.generate([[{"role": "user", "content": "738*946"}]], Sampling(n=400))[0]
    texts = [reply.text.removeprefix("reckon\n") for reply in replies]
    assert 0.22 < sum("```" not in text for text in texts) / 400 < 0.38
    assert 0.22 < sum("+x" in text for text in texts) / 400 < 0.38
    assert 0.12 < sum("```" in text and "738*946" not in text for text in texts) / 400 < 0.28


def test_no_probability_and_no_question_are_errors():
    with pytest.raises(LimbeckError, match="slip=2"):
        noisy_agent(slip=2)
    with pytest.raises(LimbeckError, match="more than 1"):
        noisy_agent(garbled=0.6, raises=0.6)
    with pytest.raises(LimbeckError, match="no question"):
        said(noisy_agent(), "How?")


def test_the_loop_solves_what_it_can(tmp_path):
    from limbeck import sandbox
    from limbeck.pipeline.context import Context
    from limbeck.problems.worlds.errands import errands

    if not sandbox.kind()[0]:
        pytest.skip("no sandbox here")
    data = errands(n=6, split="test", kinds=("both",))
    model = noisy_agent(garbled=0, raises=0, slip=0)
    made = flat("teachers/agent")(data, model=model, guide=False, observe="text", ctx=Context(tmp_path))
    assert [trace.answer for trace in made.traces] == [problem.answer for problem in data.problems]
