"""decoding/agent: one completion with its observations."""

from __future__ import annotations

import json

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.scripted import Scripted

agent = flat("decoding/agent")
CHAT = [{"role": "user", "content": "Where is Ghent?"}]


def reply(messages, number):
    if messages[-1]["role"] == "user" and "<observation>" in messages[-1]["content"]:
        return {"text": "```answer\nBelgium\n```", "tokens": 3}
    return {"text": ["```search\nGhent\n```", "```serch\nGhent\n```", "no block"][number % 3], "tokens": 2}


def made(tmp_path, **settings):
    path = tmp_path / "passages.jsonl"
    path.write_text("\n".join(json.dumps({"text": text}) for text in ("Ghent: Belgium", "Lyon: France")))
    return agent(
        model=Scripted(reply), **{"tools": ("search",), "passages": str(path), "actions": 3, **settings}
    )


def test_a_completion_is_the_whole_trace_with_all_tokens(tmp_path):
    ((completion,),) = made(tmp_path).generate([CHAT], Sampling(max_tokens=20))
    assert completion.text == (
        "```search\nGhent\n```\n<observation>\nGhent: Belgium\n</observation>\n```answer\nBelgium\n```"
    )
    assert (completion.tokens, completion.finish) == (3 * 2 + 3 * 3, "stop")


def test_a_sample_does_not_depend_on_what_else_is_asked(tmp_path):
    model = made(tmp_path, actions=1)
    whole = {number: each.text for _, number, each in model.stream_some([CHAT], [range(3)], Sampling())}
    alone = {number: each.text for _, number, each in model.stream_some([CHAT], [[2]], Sampling())}
    assert alone == {2: whole[2]}
    assert len(set(whole.values())) == 3


def test_no_answer_after_the_last_step_is_cut_off(tmp_path):
    ((completion,),) = made(tmp_path, steps=1).generate([CHAT], Sampling())
    assert completion.finish == "length"


@pytest.mark.parametrize(
    ("settings", "told"), [({"passages": ""}, "nothing to search"), ({"tools": ("sql",)}, "sees no table")]
)
def test_tools_that_could_not_work_are_refused(tmp_path, settings, told):
    with pytest.raises(LimbeckError, match=told):
        made(tmp_path, **settings)
