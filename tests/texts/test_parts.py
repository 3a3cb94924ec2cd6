"""Reasonings in labelled parts: told by words, stale ones dropped, and put together again without some."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.records import Trace, Verdict
from limbeck.texts.parts import by_cues, cues_of, parts_of, texts_of, with_parts, without
from limbeck.texts.steps import Cutting

# In the manner of R1's answers in shared/data/traces, in other words and with other numbers.
STEPS = [
    "Okay, so the problem is about a baker who sells loaves, and I need to find how many are left.",
    "First, 5 trays of 12 loaves make 60 loaves. He sells 25 of them, so 60 - 25 = 25.",
    "Wait, that's not right, I made a mistake: 60 - 25 is 35.",
    "Let me double-check that. 35 + 25 is 60. Yes, it fits.",
    "Alternatively, think in trays: 2 trays and 1 loaf go, so 3 trays less 1 loaf stay, 36 - 1 = 35.",
    "But wait, could trays be of different sizes? The text says 12 each.",
    "Another approach would be to count them one by one, but that takes too long.",
    "**Final Answer**\n35 loaves are left.",
]
KINDS = ["understanding", "slip", "correction", "check", "method", "check", "method", "summary"]


def trace(steps: list[str] = STEPS) -> Trace:
    verdict = Verdict("math", "correct", "35")
    return Trace(
        id="t", problem_id="p", reasoning="\n\n".join(steps), answer="It is \\boxed{35}.", format="think",
        tokens=99, verdicts=[verdict], scores={"impact/0": 1.0}, weights=[(0, 5, 0.5)], finish="stop",
    )  # fmt: skip


def cut(source: Trace) -> Trace:
    return with_parts(source, by_cues(source, Cutting(by="paragraphs"), cues_of({}, "here")))


def test_words_tell_what_steps_do_and_which_approach_they_are():
    parts = parts_of(cut(trace()))
    assert [part.kind for part in parts] == KINDS
    assert [part.approach for part in parts] == [0, 1, 1, 1, 2, 2, 3, 3]
    # The third approach is left, and the final answer stands at its end; by words alone it is not told apart.
    assert [part.state for part in parts] == ["", *["right"] * 7]
    assert "".join(texts_of(trace().reasoning, parts)) == trace().reasoning


def test_an_approach_that_does_not_come_to_the_answer_is_abandoned():
    # 135 and 35.5 hold the answer's digits and are other numbers.
    left = trace([STEPS[1], "Alternatively, 135 less 100. No, that leads to 35.5, to nothing.", STEPS[4]])
    assert [part.state for part in parts_of(cut(left))] == ["abandoned", "abandoned", "right"]


@pytest.mark.parametrize(
    ("answer", "step", "right"),
    [
        ("1080", "That makes 1,080 in all.", True),
        ("1080", "That makes 21,080 in all.", False),
        ("1080", "That makes 1,080,000 in all.", False),
        ("He has 15 more loaves", "So 15.", True),
        ("\\frac{1}{2}", "So \\frac{1}{2}.", True),
    ],
)
def test_an_answer_is_found_as_a_whole(answer, step, right):
    judged = replace(trace([step]), verdicts=[Verdict("math", "correct", answer)])
    assert [part.state for part in parts_of(cut(judged))] == ["right" if right else "abandoned"]


def test_to_make_sure_that_nothing_is_wrong_corrects_nothing():
    said = trace(
        [
            STEPS[1],
            "Let me make sure I didn't make any mistakes here.",
            "To verify: 35 + 25 = 60.",
            "See whether I made a mistake in the order.",
        ]
    )
    assert [part.kind for part in parts_of(cut(said))] == ["progress", "check", "check", "progress"]


def test_without_parts_the_rest_is_one_text_that_is_yet_to_be_verified():
    source = cut(trace())
    short = without(source, {3, 5}, "t/short")
    assert short.reasoning == "\n\n".join(STEPS[:3] + STEPS[4:5] + STEPS[6:])
    assert (short.id, short.parents, short.params["dropped"]) == ("t/short", ["t"], [3, 5])
    assert (short.verdicts, short.scores, short.tokens, short.weights) == ([], {}, None, [])
    assert [part.kind for part in parts_of(short)] == [KINDS[at] for at in (0, 1, 2, 4, 6, 7)]
    assert texts_of(short.reasoning, parts_of(short))[3].strip() == STEPS[4]


def test_parts_of_another_text_are_none():
    source = cut(trace())
    assert parts_of(replace(source, reasoning=source.reasoning + " And more.")) == []
    assert parts_of(replace(source, params={"parts": [{"kind": "check"}]})) == []
    assert parts_of(trace()) == []


def test_cues_of_ones_own_replace_the_english_ones():
    assert list(cues_of({"check": "^!"}, "here")) == ["check"]
    with pytest.raises(LimbeckError, match=r"chek.*check"):
        cues_of({"chek": "x"}, "here")
    with pytest.raises(LimbeckError, match="no regular expression"):
        cues_of({"check": "("}, "here")
