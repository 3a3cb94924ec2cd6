"""decoding/led: thoughts that begin as they are told to."""

from __future__ import annotations

import pytest

from limbeck.decoding.token.led import led
from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.scripted import Scripted
from limbeck.texts.languages import BEGINNINGS

QUESTIONS = [[{"role": "user", "content": text}] for text in ("Сколько яблок?", "1+1")]


def heard(messages, number):
    return "heard:" + (messages[-1]["content"] if messages[-1]["role"] == "assistant" else "nothing")


def said(model) -> list[str]:
    return [row[0].text for row in model.generate(QUESTIONS, Sampling(max_tokens=99))]


def test_the_model_goes_on_from_words_in_the_questions_language():
    words = "<think>\n" + BEGINNINGS["Russian"]
    assert said(led(model=Scripted(heard))) == [f"{words}heard:{words}", "heard:nothing"]


def test_a_language_or_words_of_ones_own():
    words = BEGINNINGS["German"]
    assert said(led(model=Scripted(heard), language="German", opening="")) == [f"{words}heard:{words}"] * 2
    assert said(led(model=Scripted(heard), opening="", begins=";一")) == [";一heard:;一"] * 2
    chat = [[*QUESTIONS[0], {"role": "assistant", "content": "so"}]]
    with pytest.raises(LimbeckError, match="beginning of its own"):
        led(model=Scripted(heard)).generate(chat, Sampling())
    with pytest.raises(LimbeckError, match="did you mean 'German'"):
        led(model=Scripted(heard), language="Germann")
