"""Traces that fail as texts, and what looks like them and is none."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts import loops, tongues
from limbeck.texts.refusals import refuses
from limbeck.texts.tongues import foreign_words

flaws = flat("curation/flaws")
QUESTION = "Adrianne is collecting beads. She has 10 and buys 20 more, then doubles them. How many are there?"
THOUGHT = "Okay, so she has 10 beads and buys 20 more, which is 30. Doubling that gives 60 beads in all."


def marks(reasoning: str, answer: str, question: str = QUESTION, **settings) -> list[str]:
    more = {name: settings.pop(name) for name in ("format", "finish") if name in settings}
    trace = Trace(id="t", problem_id="p", reasoning=reasoning, answer=answer, **{"format": "think", **more})
    data = Data([Problem(id="p", question=question)], [trace])
    out = flaws(data, ctx=Context(Path()), **settings)
    assert not trace.marks, "the input is left as it was"
    return out.traces[0].marks


def test_a_good_trace_has_none():
    assert marks(THOUGHT, "The answer is 60.") == []


REFUSALS = [
    "I'm sorry, but I can't assist with that.",
    "Sorry, but I can't help with that request.",
    "**I’m really sorry**, but I cannot provide instructions for making a weapon.",
    "I cannot fulfill this request. It could harm people.",
    "As an AI language model, I am not able to provide medical prescriptions.",
    "I must respectfully decline to answer this question.",
    "Thank you for asking. I won't help you write that email.",
    "It is not appropriate or ethical to make fun of people. Let us be kind.",
    "Stealing is a crime, and I cannot provide advice on how to do so.",
    "抱歉，我无法提供这方面的帮助。",
    "申し訳ありませんが、そのご質問にはお答えできません。",
    "Lo siento, pero no puedo ayudarte con eso.",
    "Es tut mir leid, aber dabei kann ich nicht helfen.",
]
ANSWERS = [
    "I'm sorry, but without additional information about Bill, I cannot determine the floor.",
    "I can't provide a number, since the price of the pie is not given.",
    "I cannot help but notice that 7 is prime. The answer is 7.",
    "They refuse to order the same dish, so 10 · 9 = 90.",
    "She says: \"I'm sorry, I can't help you.\" So nobody helps; the total is 12.",
    "It cannot be an even number, so it is 7.",
    "As an AI, I don't have personal opinions, but toasters cannot vote.",
    "We can't give each child the same, so two get 3 and one gets 4.",
    "Sorry, I made a mistake above: 12 is right.",
    "It is not safe to assume that x > 0, so both roots count: -2 and 2.",
    "",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal(text):
    assert refuses(text)
    assert marks(THOUGHT, text) in (["refusal"], ["refusal", "language_switch"])


@pytest.mark.parametrize("text", ANSWERS)
def test_what_is_no_refusal(text):
    assert not refuses(text)


def test_a_thought_about_refusing_is_no_refusal():
    assert marks("I'm sorry, but I can't assist with that, is what a bad model would say.", "60") == []
    plain = "I'm sorry, but I can't assist with that."
    assert marks("", plain, format="plain") == ["refusal"]
    assert marks(plain, "", format="plain") == ["refusal"]


@pytest.mark.parametrize("thought", ["", "\n\n", " … ", "---\n"])
def test_an_empty_thought(thought):
    from limbeck.texts.traces import split_text

    reasoning, answer = split_text(f"<think>{thought}</think>\n60", "think")
    assert marks(reasoning, answer) == ["empty_thought"]
    assert marks(f"{thought}</think>", "60") == ["empty_thought"], "the prompt opened it"


def test_what_is_no_empty_thought():
    assert marks("6", "60") == []
    assert marks("", "60", format="plain") == [], "a format without thoughts"
    assert marks("<think>\n\n", "") == [], "one that never ended is cut off, not empty"


def test_a_loop_is_found_wherever_it_stands():
    line = "Wait, maybe I need to consider that the problem is about the number of beads in a necklace. "
    assert marks(THOUGHT + line * 4, "60") == ["repetition"]
    assert marks(THOUGHT + line * 5 + THOUGHT, "60") == ["repetition"]
    assert marks(THOUGHT + line * 3, "60") == []
    assert marks(THOUGHT + line * 3, "60", times=2.5) == ["repetition"]
    assert marks("5 + 5 + 5 + 5 + 5 + 5 = 30. 2 * 2 * 2 * 2 * 2 * 2 = 64.", "60") == []
    assert marks("5 + 5 + 5 + 5 + 5 + 5 = 30.", "60", characters=20) == ["repetition"]


def test_a_loop_and_where_it_is():
    text = "so it is " + "12 apples, no, " * 6 + "stop"
    loop = loops.longest_loop(text)
    assert (loop.start, text[loop.end :].strip()) == (9, "stop")
    assert loop.times == 6
    assert loops.longest_loop("a" * 300).times > 20
    assert loops.longest_loop("我们再想想。" * 40).times == 40
    assert loops.longest_loop("") is None
    assert loops.longest_loop("one two three four five six seven eight") is None
    # A passage with a passage that comes twice in it.
    inner = "check again, check again, then add 3 to 4 and see. "
    assert loops.longest_loop("Well. " + inner * 8).times == pytest.approx(8, abs=0.2)
    # Other passages come twice, at a distance that is commoner than the loop's.
    twice = "".join(f"so {n} of {n} and {n}. " * 2 for n in range(100, 300))
    assert loops.longest_loop(twice) is None
    assert loops.longest_loop(twice + inner * 8 + twice).times == pytest.approx(8, abs=0.2)
    # Something changes at every turn.
    assert loops.longest_loop("".join(f"Let me try {n}: no. " for n in range(100))) is None


def looped(seed: int) -> tuple[str, float, int]:
    """A text that repeats a passage some times, or nearly, among words of few kinds; limits for a loop."""
    rng = random.Random(seed)
    kinds = [
        rng.choice(LOOPED) + rng.choice(["", str(rng.randrange(99))]) for _ in range(rng.choice([2, 5, 40]))
    ]
    said = lambda most: " ".join(rng.choice(kinds) for _ in range(rng.randrange(1, most)))  # noqa: E731
    passage = said(rng.choice([3, 10, 60])) + rng.choice([" ", "", "\n"])
    text = f"{said(200)} {passage * rng.randrange(1, 12)}{passage[: rng.randrange(len(passage))]} {said(200)}"
    return re.sub(" +", " ", text), rng.choice([2, 3, 4, 5.5]), rng.choice([60, 120, 200, 400])


LOOPED = (
    *("wait", "let", "me", "check", "12", "3456", "the", "sum", "of", "these", "随后", "=", "+"),
    *("√2", "a_b", "ok,", "so\n", "it", "is", "7.", "fine"),
)


def test_what_is_said_to_have_no_loop_has_none():
    spared = loops_seen = 0
    for seed in range(400):
        text, times, characters = looped(seed)
        loop = loops.longest_loop(text, times)
        there = loop is not None and loop.characters >= characters
        spared += not loops.may_loop(text, times, characters)
        loops_seen += there
        assert loops.may_loop(text, times, characters) or not there, seed
        assert not there or loops.longest_loop(text, times, characters) == loop
    assert spared > 60
    assert loops_seen > 60


def test_every_blank_is_known_to_the_look_for_loops():
    assert {sign for sign in map(chr, range(0x110000)) if sign.isspace()} == {*loops._BLANKS, " ", "\n"}


def test_sentences_are_spared_only_where_none_is_in_another_language(monkeypatch):
    rng = random.Random(1)
    words = [word for some in tongues.STOP_WORDS.values() for word in rng.sample(some.split(), 6)]
    some = [word for word in words if word.isascii()] + ["12", "x=3", "boxes"] * 30
    texts = [
        " ".join(rng.choice(some) + rng.choice(["", "", ".", ",\n"]) for _ in range(rng.randrange(1, 60)))
        for _ in range(400)
    ]
    spared = [foreign_words(text, QUESTION) for text in texts]
    monkeypatch.setattr(tongues, "_may_tell", lambda text, spoken: True)
    assert [foreign_words(text, QUESTION) for text in texts] == spared
    assert 50 < sum(map(bool, spared)) < 350


def test_of_long_texts_a_bounded_number_of_distances_is_looked_at():
    line = "Wait, maybe I need to consider the number of beads in a necklace again. "
    words = "".join(f"word{n * n % 997} " for n in range(12_500))
    for text in ("a " * 50_000, line * 1_400, words, "1" * 100_000):
        codes: dict[str, int] = {}
        piece_N = np.array([codes.setdefault(sign, len(codes)) for sign in text])
        assert len(loops.distances(piece_N)) <= loops.CANDIDATES
    for text in ("a " * 50_000, line * 1_400, "1" * 100_000):
        loop = loops.longest_loop(text)
        assert loop.characters > 99_000, text[:20]


def test_another_language():
    chinese = "随后，他看到两只蝌蚪躲在石头下面，所以现在一共有二十个珠子。"
    assert marks(THOUGHT + chinese, "60") == ["language_switch"]
    assert marks(chinese, "60") == ["language_switch"]
    assert marks(chinese, "六十", question="艾德丽安有十个珠子，又买了二十个，一共有多少个？") == []
    german = "Also hat sie dann insgesamt 30 Perlen, und wenn wir das verdoppeln, sind es nicht 50."
    assert marks(THOUGHT + german, "60") == ["language_switch"]
    assert marks(german, "60", question="Sie hat 10 Perlen und kauft 20. Wie viele sind es insgesamt?") == []
    assert marks(THOUGHT, "60", question="Sie hat 10 Perlen und kauft 20. Wie viele sind es insgesamt?") == [
        "language_switch"
    ]
    assert marks(THOUGHT, "60", question="艾德丽安有十个珠子，又买了二十个，一共有多少个？") == [
        "language_switch"
    ]


def test_words_of_another_language_are_counted():
    assert foreign_words("each bottle is 20% of a person's需求. So", QUESTION) == 1
    assert foreign_words("Так что ответ будет шесть.", QUESTION) == 5
    assert foreign_words('In Chinese, "marbles" is "彈珠彈珠彈珠" and so on.', QUESTION) == 0
    assert foreign_words("Let α = 60° and ∠ABC = β, 𝐱 ∈ ℝ, so Ω is in ℵ.", QUESTION) == 0
    assert foreign_words("x = 12", "12?") == 0
    assert foreign_words("答案是四", "2 + 2 = ?") == 0
    assert foreign_words("どうもありがとうございます", "これは漢字ですか？") == 0


ASKED = [
    "Translate: she has 30 beads and the box.",
    "Write it in French for the two of them.",
    "用英语翻译这句话",
]


@pytest.mark.parametrize("question", ASKED)
def test_a_language_that_was_asked_for(question):
    french = "Elle a des perles dans la boîte et nous avons plus que les autres, mais elle est seule."
    assert foreign_words(french, question) == 0
    assert foreign_words(french, QUESTION) > 10


def test_kinds_are_chosen_and_failures_left_alone():
    assert marks("", "I'm sorry, but I can't assist with that.") == ["refusal", "empty_thought"]
    assert marks("", "I'm sorry, but I can't assist with that.", kinds=("empty_thought",)) == [
        "empty_thought"
    ]
    assert marks("", "", format="plain", finish="error") == []
    with pytest.raises(LimbeckError, match="kinds is empty; name some of refusal, empty_thought"):
        marks(THOUGHT, "60", kinds=())


def test_what_was_marked_is_said():
    heard: list = []
    traces = [Trace(id=f"t{n}", problem_id="p", reasoning="", answer="60", format="think") for n in range(3)]
    data = Data([Problem(id="p", question=QUESTION)], traces)
    flaws(data, ctx=Context(Path(), report=heard.append))
    assert [event["message"] for event in heard] == ["3 empty_thought"]
