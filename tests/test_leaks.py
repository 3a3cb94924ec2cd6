"""Benchmark items that questions repeat."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.leaks import Benchmarks, Looking, skeleton
from limbeck.records import Problem

EGGS = (
    "Janet's ducks lay 16 eggs per day. She eats three for breakfast every morning and bakes muffins for her "
    "friends every day with 4. How much does she make at the farmers' market if she sells the rest for $2?"
)


def asked(text: str, source: str = "") -> Problem:
    return Problem(id=text[:8], question=text, source=source)


def hows(question: str, **looking) -> list[tuple[str, str]]:
    benchmarks = Benchmarks([asked(EGGS, "gsm8k"), asked("What is 2 + 2?", "sums")], Looking(**looking))
    (leaks,) = benchmarks.look([asked(question)])
    return [(leak.item.source, leak.how) for leak in leaks]


def test_the_same_letters_are_exact_whatever_stands_between():
    assert hows(f"  {EGGS.upper()} ") == [("gsm8k", "exact")]
    assert hows("what is 2+2") == [("sums", "exact")]


def test_other_numbers_are_told_from_the_same_ones():
    changed = EGGS.replace("16", "1,250").replace("$2", "$3.50")
    assert hows(changed) == [("gsm8k", "numbers")]
    assert hows(changed, by=("exact",)) == []
    assert hows("What is 3 + 5?", by=("exact", "numbers", "grams")) == [], "short sums are anybody's"
    assert skeleton("How many days does a week have in all?") == "", "no number could have been changed"


def test_a_long_run_of_words_is_found_and_its_share_said():
    tail = " ".join(EGGS.split()[:20])
    question = f"Something else altogether goes on here for a good while. {tail} Why?"
    benchmarks = Benchmarks([asked(EGGS)], Looking(by=("grams",)))
    ((leak,),) = benchmarks.look([asked(question)])
    count = len(EGGS.split())
    assert leak.how == "grams"
    assert leak.similarity == pytest.approx((20 - 12) / (count - 12)), "8 of the item's runs of 13 words"
    assert hows(" ".join(EGGS.split()[:12]), by=("grams",)) == []


def test_small_changes_of_wording_are_fuzzy():
    reworded = (
        EGGS.replace("Janet's ducks", "Anna's ducks").replace("per day", "a day").replace("morning", "day")
    )
    assert hows(reworded, by=("fuzzy",)) == [("gsm8k", "fuzzy")]
    other = "A train leaves at 9 and travels 60 miles an hour for three hours. How far does it go in all?"
    assert hows(other) == []


def test_the_same_numbers_may_be_wanted():
    near = EGGS.replace("Janet's ducks", "Anna's ducks")
    assert hows(near, by=("fuzzy",), same_numbers=True) == [("gsm8k", "fuzzy")]
    assert hows(near.replace("16", "17"), by=("fuzzy",), same_numbers=True) == []
    assert hows(near.replace("16", "17"), by=("fuzzy",)) == [("gsm8k", "fuzzy")]


def test_each_item_is_named_once_by_what_is_surest():
    benchmarks = Benchmarks([asked(EGGS, "a"), asked(EGGS.replace("16", "17"), "b")], Looking())
    (leaks,) = benchmarks.look([asked(EGGS)])
    assert [(leak.item.source, leak.how) for leak in leaks] == [("a", "exact"), ("b", "numbers")]
    assert leaks[0].as_dict() == {
        "benchmark": "a", "id": EGGS[:8], "question": EGGS, "how": "exact", "similarity": 1.0,
    }  # fmt: skip


def test_nothing_to_compare_with_is_an_error():
    with pytest.raises(LimbeckError, match="no evaluation problem"):
        Benchmarks([asked("  ")])
    assert Benchmarks([asked(EGGS)]).look([]) == []
