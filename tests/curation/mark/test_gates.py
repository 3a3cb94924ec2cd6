"""Gates of prompts and of a trace's form."""

from __future__ import annotations

import pytest

from limbeck.curation.mark.incomplete import incomplete
from limbeck.curation.mark.looping import looping
from limbeck.curation.mark.odd_prompts import odd, odd_prompts
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace


def marks_of_prompt(question: str, **settings) -> list[str]:
    return odd_prompts(Data([Problem(id="p", question=question)]), **settings).problems[0].marks


@pytest.mark.parametrize(
    ("question", "marks"),
    [
        ("See https://a.org/b for what f is.", ["url"]),
        ("Look at www.example.com and say", ["url"]),
        ("Is http a protocol?", []),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |\nWhat is a?", ["table"]),
        (r"\begin{tabular}{ll} 1 & 2 \end{tabular}", ["table"]),
        ("<TABLE border=1><tr>", ["table"]),
        ("Let |x| --- y | z hold; is |x| > 0?", []),
        ("☃☂♞♞ ab", ["odd_unicode"]),
        ("Sei α ≤ ∑ √2 × 3² € 5: größer?", []),
        ("请问三加五等于多少？", []),
        ("", []),
    ],
)
def test_what_is_in_a_prompt(question: str, marks: list[str]):
    assert marks_of_prompt(question) == marks


def test_the_share_of_odd_characters_is_counted():
    assert odd("ab☃\ufffd") == 0.5
    assert odd("a\x00\n\t") == 0.25
    assert marks_of_prompt("ab☃cdefghi", most_odd=0.1) == []
    assert marks_of_prompt("ab☃cdefgh", most_odd=0.1) == ["odd_unicode"]
    assert marks_of_prompt("☃ www.a.b", kinds=("url",)) == ["url"]
    with pytest.raises(LimbeckError, match="kinds is empty"):
        odd_prompts(Data(), kinds=())


def marks_of(method, reasoning: str, answer: str = "", **settings) -> list[str]:
    data = Data(
        [Problem(id="p", question="?")], [Trace(id="t", problem_id="p", reasoning=reasoning, answer=answer)]
    )
    return method(data, **settings).traces[0].marks


def test_a_gram_that_comes_once_too_often_is_a_loop():
    """Of "a b" said k times with other words between, the 2-gram stands there k times."""
    for times, marks in ((3, []), (4, ["looping"])):
        text = " ".join(f"a b {n} {n}x" for n in range(times))
        assert marks_of(looping, text, n=2, most=3) == marks
    words = " ".join(f"w{n}" for n in range(20))
    assert marks_of(looping, " ".join([words] * 20)) == []
    assert marks_of(looping, " ".join([words] * 21)) == ["looping"]
    assert marks_of(looping, "x" * 24, n=4, most=20, unit="characters") == ["looping"], "21 runs of four"
    assert marks_of(looping, "x" * 23, n=4, most=20, unit="characters") == []
    assert marks_of(looping, "") == []


def test_both_parts_are_wanted_and_no_tag_alone():
    assert marks_of(incomplete, "I think.", "7") == []
    assert marks_of(incomplete, "I think. 7", " ") == ["incomplete"]
    assert marks_of(incomplete, "", "7") == ["incomplete"]
    assert marks_of(incomplete, "<think>I think.", "7") == ["incomplete"]
    assert marks_of(incomplete, "I think.", "so </THINK> 7") == ["incomplete"]
    assert marks_of(incomplete, "<think>I think.", "7", tags="") == []
    assert marks_of(incomplete, "if a <think b", "7", mark="cut") == []
