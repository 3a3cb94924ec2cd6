"""Concise and organised perception: what is kept, in which order, and what a reader is shown."""

from __future__ import annotations

import json

import pytest

from limbeck.checkers.perception import Perceiving, asked, bearing, statements
from limbeck.checkers.theories import decide
from limbeck.curation.tasks.perceived import perceived as perceived_questions
from limbeck.decoding.prompt.perceived import perceived
from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.theories import theories
from limbeck.records import Data, Problem

SIGNS = Perceiving(form="signs")


def kept(context: str, goal: str) -> list[str]:
    return [each.text for each in bearing(statements(context, "signs"), asked(goal, "signs"))]


def test_a_chain_is_kept_in_proof_order_and_nothing_else():
    # z has no fact, x>y leads elsewhere, y is idle.
    assert kept("c>~d,x>y,z>d,a&b>c,y,b,a", "d") == ["b", "a", "a&b>c", "c>~d"]
    assert kept("c>~d,a&b>c,b", "d") == []
    assert kept("d,a", "d") == ["d"]
    # A negative condition is met by a negative conclusion alone.
    assert kept("a,a>~b,~b>c", "c") == ["a", "a>~b", "~b>c"]
    assert kept("a,a>~b,b>c", "c") == []
    # A ring of rules supports nothing.
    assert kept("a>b,b>a,b>c", "c") == []


def test_english_with_other_things_and_with_verbs():
    text = (
        "The bear is big. The ox is red. If something is big then it is cold. If something is red then it is "
        "cold. If something is cold and it sees the ox then it is nice. The bear sees the ox. Ogs gromble."
    )
    left = [each.text for each in bearing(statements(text), asked("The bear is nice."))]
    assert left == [
        "Ogs gromble.",
        "The bear is big.",
        "The bear sees the ox.",
        "If something is big then it is cold.",
        "If something is cold and it sees the ox then it is nice.",
    ]


def test_what_is_decided_stays_decided_on_theories_drawn_at_random():
    for problem in theories(n=60, high=6, form="english", seed=5).problems:
        question, texts = Perceiving().perceived(problem.question)
        rest = question.partition("\n\n")[2]
        assert decide(" ".join(texts), rest.partition("? ")[2]) == problem.answer
        assert {*problem.meta["proof"]} <= {*texts}


def test_proofwriter_keeps_its_labels_at_a_fifth_of_its_length(shared):
    rows = json.loads((shared / "logic/proofwriter_test.json").read_text())[:200]
    length = left = 0
    for row in rows:
        statement = row["question"].rpartition("?")[2].strip()
        context = " ".join(each.text for each in bearing(statements(row["context"]), asked(statement)))
        assert decide(context, statement) == decide(row["context"], statement)
        length, left = length + len(row["context"]), left + len(context)
    assert 0.1 < left / length < 0.25


def test_a_theory_by_hand_and_its_trace():
    data = theories(n=200, solve="proof", low=2, high=2)
    for problem, trace in zip(data.problems, data.traces, strict=True):
        rules = [each for each in problem.question.partition(":")[0].split(",") if ">" in each]
        assert len(rules) == 10  # two of the chain are a fifth
        if problem.answer == "U":
            assert (trace.reasoning, problem.meta["proof"]) == (";", [])
        else:
            last = trace.reasoning.strip(";").split(";")[-1]
            assert last == ("~" if problem.answer == "F" else "") + problem.question[-1]
    assert {problem.answer for problem in data.problems} == {*"TFU"}
    with pytest.raises(LimbeckError, match="letters=8"):
        theories(letters=8)


def test_a_reader_is_shown_what_bears_and_asked_once():
    heard: list = []

    def reply(messages, number):
        heard.append(messages[-1]["content"])
        return "F"

    made = perceived(model=Scripted(reply), perceiving=SIGNS)
    chats = [[{"role": "user", "content": text}] for text in ("c>~d,x>y,a>c,a:d", "what?")]
    known, other = made.generate(chats, Sampling())
    assert heard == ["a,a>c,c>~d:d", "what?"]
    assert known[0].scores == {"calls": 1, "kept": 12 / 16}
    assert other[0].scores == {"calls": 1, "kept": 1}


def test_orders_and_what_is_kept_are_settings():
    question = "c>~d,x>y,a>c,a:d"
    shown = {
        (keep, order): Perceiving(form="signs", keep=keep, order=order).perceived(question)[0]
        for keep in ("relevant", "all")
        for order in ("proof", "given")
    }
    assert shown == {
        ("relevant", "proof"): "a,a>c,c>~d:d",
        ("relevant", "given"): "c>~d,a>c,a:d",
        ("all", "proof"): "a,a>c,c>~d,x>y:d",
        ("all", "given"): question,
    }
    with pytest.raises(LimbeckError, match="context and statement"):
        perceived(model=Scripted([""]), perceiving=Perceiving(shape="(?P<context>.*)"))


def test_questions_for_training_say_what_is_lost(tmp_path):
    proof = {"proof": ["a", "a>c", "c>~d", "e"]}
    data = Data([Problem(id="p", question="c>~d,x>y,a>c,a:d", meta=proof), Problem(id="q", question="?")])
    made = perceived_questions(data, perceiving=SIGNS, ctx=Context(tmp_path))
    asked = [(problem.id, problem.question) for problem in made.problems]
    assert asked == [("p", "a,a>c,c>~d:d"), ("q", "?")]  # the same problems, asked otherwise
    assert made.problems[0].meta | proof == {
        **proof, "shortened": 12 / 16, "proof_lost": 0.25
    }  # fmt: skip
