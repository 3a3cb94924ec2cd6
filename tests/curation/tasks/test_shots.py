"""`curation/shots`: worked examples before each question."""

from __future__ import annotations

import pytest
import small_world
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.pipeline.store import MemoryShards
from limbeck.texts.messages import as_messages


def shown(data, **settings):
    return next(iter(flat("curation/shots")(MemoryShards([data]), **settings)))


def test_examples_are_right_traces_of_other_problems():
    data = small_world.world(8)
    right = {trace.problem_id: trace for trace in data.kept()}
    made = shown(data, k=3)
    for before, after in zip(data.problems, made.problems, strict=True):
        chat = as_messages(after)
        assert [turn["role"] for turn in chat] == ["user", "assistant"] * 3 + ["user"]
        assert chat[-1]["content"] == before.question
        questions = [turn["content"] for turn in chat[:-1:2]]
        assert len({*questions}) == 3
        assert before.question not in questions
        by_question = {problem.question: right[problem.id] for problem in data.problems}
        for question, answer in zip(questions, chat[1::2], strict=True):
            trace = by_question[question]
            assert answer["content"] == trace.reasoning + trace.answer
    assert {trace.problem_id for trace in made.traces} == {problem.id for problem in made.problems}
    assert {pair.problem_id for pair in made.pairs} == {problem.id for problem in made.problems}
    assert [trace.reasoning for trace in made.traces] == [trace.reasoning for trace in data.traces]


def test_they_are_drawn_by_seed_and_may_be_spoiled():
    data = small_world.world(8)
    assert shown(data) == shown(data)
    assert shown(data) != shown(data, seed=1)
    spoilt = shown(data, spoil="operands")
    for one_way, other in zip(shown(data).problems, spoilt.problems, strict=True):
        ours, theirs = as_messages(one_way), as_messages(other)
        assert ours[::2] == theirs[::2]
        assert ours[1::2] != theirs[1::2]


def test_too_few_examples_are_told():
    with pytest.raises(LimbeckError, match="k=4: 3 problems have a trace to show"):
        shown(small_world.world(3), k=4)
