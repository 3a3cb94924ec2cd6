"""Who is asked what by a model made of two, what each took, and what becomes of divisions that are none."""

from __future__ import annotations

import pytest

from limbeck.decoding.roles.decomposed import decomposed, estimate
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling, Spent
from limbeck.models.scripted import Scripted
from limbeck.texts.subquestions import Dividing, Solving

DIVIDING = Dividing(ask="divide {question}")
SOLVING = Solving(solve="{question} by {subquestions}", direct="{question} alone")
REPLIES = {
    "divide ab": Completion(text="1. How?", tokens=3, prompt_tokens=2),
    "divide cd": Completion(text="none", tokens=1, prompt_tokens=2),
    "divide ef": Completion(text="Well, ef", tokens=2, prompt_tokens=2),
    "divide gh": Completion(text="1. How?\n2. W", finish="length", tokens=9, prompt_tokens=2),
    "divide ij": Completion(text="", finish="error", error="busy"),
}


def chats(*questions: str) -> list:
    return [
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}]
        for question in questions
    ]


def model(heard: list | None = None):
    heard = heard if heard is not None else []

    def solve(messages, number):
        heard.append((messages[-1]["content"], number, messages[0]["content"]))
        return Completion(text=f"{messages[-1]['content']}: {number}", tokens=5, prompt_tokens=7)

    solver, decomposer = Scripted(solve), Scripted(REPLIES)
    solver.name, decomposer.name = "large", "small"
    return decomposed(model=solver, decomposer=decomposer, dividing=DIVIDING, solving=SOLVING)


def test_the_solver_sees_the_sub_questions_or_the_question_alone():
    heard: list = []
    made = model(heard)
    out = made.generate(chats("ab", "cd", "ef", "gh"), Sampling(n=2))
    asked = ["ab by 1. How?", "cd alone", "ef alone", "gh alone"]
    assert heard == [(text, number, "Be brief.") for text in asked for number in range(2)]
    assert [reply.text for reply in out[0]] == ["ab by 1. How?: 0", "ab by 1. How?: 1"]
    told = made.describe()
    assert (told["divided"], told["undivided"], told["malformed"]) == (1, 1, 2)
    assert told["decomposer"]["name"] == "small"


def test_each_role_is_counted_with_its_model():
    made = model().generate(chats("ab"), Sampling())[0][0]
    assert (made.tokens, made.prompt_tokens, made.finish) == (8, 9, "stop")
    assert made.spent == {
        "decomposer": Spent(model="small", prompt_tokens=2, tokens=3),
        "solver": Spent(model="large", prompt_tokens=7, tokens=5),
    }


def test_a_decomposer_that_fails_fails_its_samples_and_no_others():
    heard: list = []
    out = model(heard).generate(chats("ij", "ab"), Sampling(n=2))
    assert [(reply.finish, reply.error) for reply in out[0]] == [("error", "busy")] * 2
    assert [reply.finish for reply in out[1]] == ["stop"] * 2
    assert {text for text, _, _ in heard} == {"ab by 1. How?"}


def test_many_questions_are_answered_in_parts_each_once():
    questions = [f"q{number}" for number in range(1100)]
    solver = Scripted(lambda messages, number: messages[-1]["content"])
    made = decomposed(model=solver, decomposer=Scripted(["none"]))
    out = made.generate(chats(*questions), Sampling())
    assert [reply[0].text for reply in out] == questions


@pytest.mark.parametrize("setting", [{"max_subquestions": 0}, {"dividing": Dividing(ask="?")}])
def test_what_cannot_work_is_refused(setting):
    with pytest.raises(LimbeckError, match=r"max_subquestions=0|question"):
        decomposed(model=Scripted([""]), decomposer=Scripted([""]), **setting)


def test_a_dry_run_counts_both():
    counts = {"samples": 10, "prompt_tokens": 100, "max_tokens": 640, "question_tokens": 10.0}
    params = {"max_subquestions": 20, "ask": "x" * 35}
    made = estimate(counts, params)
    assert made["asks"]["decomposer"] == {"samples": 10, "prompt_tokens": 200, "max_tokens": 200}
    assert made["samples"] == 10
    assert made["prompt_tokens"] > 100 + 10 * 20
