"""Chains mined from text: which steps a segment supports, and what becomes of the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flat import flat

from limbeck.curation.tasks.mined_chains import support
from limbeck.errors import LimbeckError
from limbeck.models.rehearsal.story_teacher import story_teacher
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.stories import stories
from limbeck.records import Data, Problem
from limbeck.texts.traces import full_text

mined_chains = flat("curation/mined_chains")
CONTEXT = Context(Path("."))
TEXT = "Ice takes up more room than water.\n\nSo a litre of it weighs 917 g.\n\nThat is why it floats."


def mined(steps, question: object = "Why does ice float?", answer: object = "density", **settings) -> Data:
    reply = json.dumps({"steps": steps, "question": question, "answer": answer})
    document = Problem(id="d", question=TEXT, source="notes")
    return mined_chains(Data([document]), model=Scripted([reply]), ctx=CONTEXT, **settings)


def test_support_is_the_share_of_words_that_the_segment_has():
    segment = "So a litre of it weighs 917 g."
    assert support("A litre weighs 917 g", segment) == 1.0
    assert support("a litre of ice weighs 917 kilograms", segment) == 5 / 7
    assert support("A litre weighs 918 g", segment) == 0.0
    assert support("冰比水轻", "因为冰比水轻。") == 1.0
    assert support("...", segment) == 0.0


def test_each_step_names_the_place_that_supports_it_and_the_others_are_told_with_their_reasons():
    steps = [
        {"segment": 2, "step": "A litre of it\nweighs 917 g."},
        {"segment": 1, "step": "Ice takes up more room."},
        {"segment": 1, "step": "A litre of it weighs 917 g."},
        {"segment": 3, "step": "Nothing melts quickly here."},
        {"segment": 4, "step": "It floats."},
        {"segment": True, "step": "It floats."},
        "It floats.",
    ]
    data = mined(steps, dropped=0.8)
    (problem,), (trace,) = data.problems, data.traces
    assert (problem.question, problem.answer, problem.source) == ("Why does ice float?", "density", "notes")
    assert trace.reasoning == "A litre of it weighs 917 g.\nIce takes up more room.\n"
    places = [TEXT[slice(*place)].strip() for place in trace.params["segments"]]
    assert places == ["So a litre of it weighs 917 g.", "Ice takes up more room than water."]
    assert [each["why"] for each in trace.params["dropped"]] == [
        "segment 1 supports 0.00 of it", "segment 3 supports 0.00 of it",
        "no segment 4", "no segment True", "no step",
    ]  # fmt: skip
    assert trace.scores == {"steps": 2.0, "dropped": 5.0, "support": 1.0}
    assert not trace.marks
    assert full_text(trace).endswith("room.\ndensity")


def test_a_chain_with_too_few_steps_or_too_many_dropped_is_unsupported():
    good = {"segment": 1, "step": "Ice takes up more room."}
    bad = {"segment": 1, "step": "Iron is heavy."}
    assert mined([good]).traces[0].marks == ["unsupported"]
    assert mined([good], fewest=1).traces[0].marks == []
    assert mined([good, good, bad, bad]).traces[0].marks == []
    assert mined([good, good, bad, bad, bad]).traces[0].marks == ["unsupported"]


def test_the_document_may_follow_its_chain():
    good = {"segment": 1, "step": "Ice takes up more room."}
    assert mined([good, good], then="document").traces[0].answer == TEXT


@pytest.mark.parametrize(("steps", "question"), [("none", "Why?"), ([], None), ([], " "), (None, "Why?")])
def test_a_reply_in_another_form_marks_the_problem_and_leaves_no_trace(steps, question):
    data = mined(steps, question)
    assert (data.problems[0].marks, data.traces) == (["malformed"], [])


def test_mistakes_are_told():
    with pytest.raises(LimbeckError, match=r"mined_chains: the template 'x' has no \{segments\}"):
        mined([], template="x")
    with pytest.raises(LimbeckError, match="no regular expression"):
        mined([], separator="(")


def test_steps_that_a_teacher_makes_up_are_dropped_and_true_ones_stay():
    pages = stories(n=60, form="documents", low=3, high=5)
    data = mined_chains(pages, model=story_teacher(invented=0.3, garbled=0.0), support=0.7, ctx=CONTEXT)
    kept = [step for trace in data.traces for step in trace.reasoning.splitlines()]
    dropped = [each["step"] for trace in data.traces for each in trace.params["dropped"]]
    assert len(dropped) > 40
    assert len(kept) > 100
    assert not any("burnt" in step or "moved" in step for step in kept)
    assert all("burnt" in step or "moved" in step for step in dropped)
