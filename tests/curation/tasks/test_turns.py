"""curation/turns and curation/mode_tokens: conversations out of chains, and questions that name a mode."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts.messages import as_messages
from limbeck.texts.parts import Part, with_parts

turns, mode_tokens = flat("curation/turns"), flat("curation/mode_tokens")
CONTEXT = Context(Path("."))


def chain(*parts: tuple) -> Trace:
    """Of texts, each with its kind, approach and state."""
    text, made = "", []
    for told, *rest in parts:
        text += told
        made.append(Part(len(text), *rest))
    return with_parts(
        Trace(id="t", problem_id="p", reasoning=text, answer="7", format="think", model="w", tokens=9), made
    )


CHAIN = chain(
    ("What is asked. ", "understanding"),
    ("The answer is 5. ", "progress", 1, "abandoned"),
    ("Another way: ", "method", 2, "abandoned"),
    ("no. ", "progress", 2, "abandoned"),
    ("A third: 7. ", "method", 3, "right"),
    ("So 7.", "summary", 3, "right"),
)


def test_each_approach_is_a_turn_behind_those_before_it():
    problem = Problem(id="p", question="3+4?", answer="7", meta={"system": "Be brief.", "level": 2})
    out = turns(Data([problem], [CHAIN]), nudge="Sure?", unanswered="None.", ctx=CONTEXT)
    assert [(each.reasoning, each.answer) for each in out.traces] == [
        ("What is asked. The answer is 5. ", "5"), ("Another way: no. ", "None."), ("A third: 7. So 7.", "7"),
    ]  # fmt: skip
    assert [(each.id, each.parents, each.tokens) for each in out.traces][2] == ("t/turn-3", ["t"], None)
    assert [each.problem_id for each in out.traces] == [each.id for each in out.problems]
    third = out.problems[2]
    assert (third.answer, third.meta["turn"], third.meta["problem_id"], third.meta["level"]) == (
        "7",
        3,
        "p",
        2,
    )
    chat = as_messages(third)
    assert [turn["role"] for turn in chat] == ["system", *["user", "assistant"] * 2, "user"]
    assert [turn["content"] for turn in chat if turn["role"] == "user"] == ["3+4?", "Sure?", "Sure?"]
    assert chat[2]["content"].startswith("<think>")
    assert chat[2]["content"].endswith("5")
    assert "prior_turns" not in out.problems[0].meta


def test_one_approach_is_no_conversation_and_long_ones_are_cut():
    problem = Problem(id="p", question="3+4?", answer="7")
    single = chain(("7. ", "progress", 1, "right"))
    assert turns(Data([problem], [single]), ctx=CONTEXT) == Data()
    assert len(turns(Data([problem], [single]), least=1, ctx=CONTEXT).traces) == 1
    assert len(turns(Data([problem], [CHAIN]), most=2, ctx=CONTEXT).traces) == 2
    with pytest.raises(LimbeckError, match="nudge is empty"):
        turns(Data(), nudge="", ctx=CONTEXT)


def test_a_question_is_asked_in_each_mode_that_its_traces_are_in():
    problems = [Problem(id=name, question=f"{name}?", answer="1") for name in ("both", "slow", "out")]
    problems[2].marks = ["seen"]
    traces = [
        Trace(id="a", problem_id="both", reasoning="so so", answer="1"),
        Trace(id="b", problem_id="both", answer="1"),
        Trace(id="c", problem_id="slow", reasoning="well", answer="1"),
        Trace(id="d", problem_id="slow", answer="1", marks=["wrong"]),
        Trace(id="e", problem_id="out", answer="1"),
    ]
    out = mode_tokens(Data(problems, traces), ctx=CONTEXT)
    assert [each.question for each in out.problems] == ["both? /think", "both? /no_think", "slow? /think"]
    assert [each.id for each in out.traces] == ["a//think", "b//no_think", "c//think"]
    assert [each.problem_id for each in out.traces] == [each.id for each in out.problems]
    assert out.problems[1].meta == {"mode": "/no_think", "problem_id": "both"}
    paired = mode_tokens(Data(problems, traces), paired=True, ctx=CONTEXT)
    assert [each.meta["problem_id"] for each in paired.problems] == ["both", "both"]
    short = mode_tokens(Data(problems, traces), longest=4, ctx=CONTEXT)
    assert [each.meta["mode"] for each in short.problems] == ["/think", "/no_think", "/no_think"]


@pytest.mark.parametrize("bad", [{"slow": "/no_think"}, {"fast": " "}, {"template": "{question}"}])
def test_modes_that_cannot_be_told_apart_are_refused(bad):
    with pytest.raises(LimbeckError, match="curation/mode_tokens"):
        mode_tokens(Data(), ctx=CONTEXT, **bad)
