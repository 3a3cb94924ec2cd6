"""models/noisy_tabler: right without noise, erring at its rates with it."""

from __future__ import annotations

import json

import pytest
from flat import flat

from limbeck.agents import table_prompts
from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.rehearsal.noisy_tabler import noisy_tabler
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.standings import standings
from limbeck.texts.templates import fill

table_critic = flat("teachers/table_critic")
CHAIN = "\n".join(
    f"```sql\nSELECT {what}\n```"
    for what in ("* FROM t WHERE team = 'red'", "fouls FROM t", "SUM(fouls) FROM t")
)


def first(tmp_path, **rates):
    model = noisy_tabler(**rates)
    data = standings(n=120, split="test")
    made = table_critic(
        data, model=model, critic=model, verifier=flat("verifiers/number"), rounds=0, ctx=Context(tmp_path)
    )
    return [trace.scores["right"] for trace in made.traces]


def test_chains_slip_at_their_rate(tmp_path):
    assert all(first(tmp_path, slip=0.0))
    assert 0.35 < sum(first(tmp_path, slip=0.6)) / 120 < 0.6  # some slips give the right number


def said(model, template, n=1, **values):
    shown = fill(template, fence="ab", table="t", answer="1", chain=CHAIN,
                 question="What is the total of points in team red? (table 1)", **values)  # fmt: skip
    replies = model.generate([[{"role": "user", "content": shown}]], Sampling(n=n))[0]
    return [json.loads(reply.text.rpartition("\n")[2]) for reply in replies]


def test_a_judge_names_a_known_kind_and_a_critic_is_helped_by_its_critiques():
    sure = noisy_tabler(misjudge=0, garbled=0, astray=0)
    assert said(sure, table_prompts.JUDGE, routes="query\nodd > column") == [
        {"correct": False, "route": ["odd", "column"]}
    ]
    assert said(sure, table_prompts.JUDGE, routes="query") == [{"correct": False, "route": []}]
    astray = noisy_tabler(misjudge=0, garbled=0, astray=1)
    assert said(astray, table_prompts.JUDGE, routes="query") == [{"correct": False, "route": ["query"]}]
    model = noisy_tabler(garbled=0, sharp=1.0, blunt=0.0)
    for shots, steps in (("- column error: x", {1}), ("- query error: x", {0, 2})):
        replies = said(model, table_prompts.CRITIC, n=30, shots=shots)
        assert {reply["step"] for reply in replies} == steps


def test_no_probability_and_no_question_are_errors():
    with pytest.raises(LimbeckError, match="blunt=-1"):
        noisy_tabler(blunt=-1)
    with pytest.raises(LimbeckError, match="asks nothing"):
        noisy_tabler().generate([[{"role": "user", "content": "How?"}]], Sampling())
