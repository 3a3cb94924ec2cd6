"""decoding/budgeted: ends taken away and ends forced, and nothing changed where neither is due."""

from __future__ import annotations

import pytest

from limbeck.decoding.prompt.budgeted import budgeted, estimate
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.models.rehearsal.rewriter import rewriter
from limbeck.models.scripted import Scripted

CHATS = [[{"role": "user", "content": "5-7-0+3"}], [{"role": "user", "content": "1+2"}]]


def thinker(heard: list):
    """Writes ``a``, then ends its thought; behind a wait ``b``, and so on; a word is a token."""

    def reply(messages, number):
        begun = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        heard.append(begun)
        if begun.endswith("</think>"):
            return " answer"
        return f"{'abc'[begun.count('Wait')]} </think> answer"

    return Scripted(reply)


def texts(model, **sampling) -> list[Completion]:
    return model.generate([[{"role": "user", "content": "q"}]], Sampling(**sampling))[0]


def test_an_early_end_is_taken_away_as_often_as_is_said():
    heard: list = []
    made = texts(budgeted(model=thinker(heard), budget=100, waits=2))[0]
    assert heard == ["", "a Wait", "a Waitb Wait"]
    assert made.text == "a Waitb Waitc </think> answer"
    assert made.tokens == 9
    assert made.scores == {"calls": 3, "waits": 2, "forced": 0}
    # Three words are spent by the first part: no wait is left to pay.
    assert texts(budgeted(model=thinker([]), budget=3, waits=2))[0].text == "a </think> answer"


def test_a_thought_that_runs_over_is_ended_and_answered():
    heard: list = []

    def reply(messages, number):
        begun = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        heard.append(begun)
        return "so 4" if begun else "one two three four five six"

    made = texts(budgeted(model=Scripted(reply), budget=4, forced="</think>", max_answer=9))[0]
    assert heard == ["", "one two three four</think>"]
    assert (made.text, made.finish, made.tokens) == ("one two three four</think>so 4", "stop", 6)
    assert made.scores == {"calls": 2, "waits": 0, "forced": 1}


def test_an_answer_that_was_cut_off_goes_on_and_what_failed_stays():
    def reply(messages, number):
        if messages[-1]["role"] == "assistant":
            return " and on"
        return "a </think> b c d e" if number == 0 else Completion(text="", finish="error", error="busy")

    cut, failed = texts(budgeted(model=Scripted(reply), budget=3), n=2)
    assert cut.text == "a </think> b and on"
    assert cut.scores["forced"] == 0
    assert (failed.finish, failed.error) == ("error", "busy")


def test_without_waits_and_within_the_budget_nothing_changes():
    plain = rewriter(wrong=0.3)
    made = budgeted(model=plain, budget=200, mark=";", forced=";")
    sampling = Sampling(n=4, temperature=1.0, max_tokens=200, seed=3)
    whole, bare = made.generate(CHATS, sampling), plain.generate(CHATS, sampling)
    assert [[each.text for each in row] for row in whole] == [[each.text for each in row] for row in bare]
    alone = list(made.stream_some(CHATS[1:], [[2]], sampling))
    assert alone[0][2] == whole[1][2]


def test_a_beginning_that_was_given_is_gone_on_from():
    heard: list = []
    chat = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "So: "}]
    made = budgeted(model=thinker(heard), waits=1).generate([chat], Sampling())[0][0]
    assert heard == ["So: ", "So: a Wait"]
    assert made.text == "a Waitb </think> answer"


def test_what_cannot_work_is_refused_and_a_dry_run_counts():
    for bad in ({"mark": ""}, {"forced": "so"}, {"wait": ""}):
        with pytest.raises(LimbeckError, match="decoding/budgeted"):
            budgeted(model=Scripted([""]), **bad)
    params = {"waits": 1, "budget": 100, "max_answer": 20}
    assert estimate({"samples": 2, "prompt_tokens": 5}, params) == {
        "max_tokens": 240, "samples": 6, "prompt_tokens": 15
    }  # fmt: skip
