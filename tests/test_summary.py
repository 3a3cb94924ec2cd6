"""Summaries of traces, against counts made by hand and by other means."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limbeck.records import Data, Pair, Problem, Trace, Verdict
from limbeck.summary import MOST_VALUES, OTHERS, Numbers, Summary, Tally, Texts, first_problems, scripts


def trace(name: str, problem: str, outcome: str | None = None, **more) -> Trace:
    verdicts = [Verdict("math", outcome)] if outcome else []
    return Trace(id=name, problem_id=problem, verdicts=verdicts, **more)


def small() -> Data:
    problems = [
        Problem(id="a", question="2+2?", answer="4", source="school", meta={"License": ["MIT", "CC0"]}),
        Problem(id="b", question="2+2?", source="school", marks=["duplicate"]),
        Problem(id="c", question="Сколько?", answer="1"),
    ]
    traces = [
        trace("a1", "a", "correct", reasoning="think", answer="4", tokens=7, format="think", model="m"),
        trace("a2", "a", "wrong", answer="5", marks=["wrong"], finish="length"),
        trace("a3", "a", "wrong", answer="5", marks=["wrong", "duplicate"]),
        trace("b1", "b", "correct", answer="<think>4"),
        trace("c1", "c", answer="Один is one"),
    ]
    return Data(problems, traces, [Pair(problem_id="a", chosen="a1", rejected="a2", marks=["long"])])


def test_a_small_set_is_counted_as_by_hand():
    summary = Summary()
    summary.add(small())
    whole = summary.as_dict()
    sizes = {name: whole[name] for name in ("problems", "traces", "pairs", "kept", "kept_pairs")}
    assert sizes == {"problems": 3, "traces": 5, "pairs": 1, "kept": 2, "kept_pairs": 0}
    assert whole["pass"] == {"none": 0, "some": 1, "all": 1, "unjudged": 1}
    assert whole["pass_rates_percent"] == {33: 1, 100: 1}
    assert whole["outcomes"] == {"correct": 2, "wrong": 2, "unjudged": 1}
    assert whole["marks"] == {"wrong": 2, "duplicate": 1}
    assert whole["problem_marks"] == {"duplicate": 1}
    assert whole["pair_marks"] == {"long": 1}
    assert whole["finish"] == {"unknown": 4, "length": 1}
    assert whole["licences"] == {"": 2, "MIT": 1, "CC0": 1}
    assert whole["think"] == {"without reasoning": 4, "with reasoning": 1, "think tag inside the answer": 1}
    assert whole["duplicates"] == {"traces": 1, "traces_of_one_problem": 1, "questions": 1}
    assert whole["question_scripts"] == {"no letters": 2, "Cyrillic": 1}
    assert whole["mixed_scripts"] == 1, "«Один is one» has four letters of one script and five of another"
    assert whole["lengths"]["tokens"] == {"n": 1, "mean": 7.0, "p5": 7, "median": 7, "p95": 7, "max": 7}
    assert whole["lengths"]["correct_characters"]["max"] == 8
    assert whole["lengths"]["traces_per_problem"]["mean"] == pytest.approx(5 / 3)
    assert whole["without_reference"] == 1


def test_flaws_are_counted_of_the_first_traces(monkeypatch):
    data = small()
    data.traces[0].answer = "I'm sorry, but I can't help with that."
    data.traces[4].answer = "I'm sorry, but I can't help with that."
    in_english = {"refusal": 2, "language_switch": 1}  # on the question «Сколько?»
    for most, counted in ((5, in_english), (4, {"refusal": 1})):
        monkeypatch.setattr("limbeck.summary.LOOKED_AT", most)
        summary = Summary()
        summary.add(data)
        assert summary.as_dict()["flaws"] == counted


def test_parts_count_like_the_whole():
    whole, parts = Summary(), Summary()
    data = small()
    whole.add(data)
    for problem in data.problems:
        of = [each for each in data.traces if each.problem_id == problem.id]
        parts.add(Data([problem], of, [each for each in data.pairs if each.problem_id == problem.id]))
    assert parts.as_dict() == whole.as_dict()


@given(st.lists(st.integers(0, 9_999), min_size=1, max_size=60))
def test_quantiles_of_small_numbers_are_those_of_the_sorted_list(values: list[int]):
    numbers = Numbers()
    for value in values:
        numbers.add(value)
    assert numbers.quantile(0.5) == statistics.median_low(values)
    assert numbers.quantile(1.0) == numbers.most == max(values)
    edges, shares = numbers.bins(7)
    assert sum(shares) == pytest.approx(1)
    assert len(edges) == len(shares) + 1 <= 8
    assert edges[0] == min(values)


def test_large_numbers_keep_four_digits_and_their_maximum():
    numbers = Numbers()
    for value in range(1_234_000, 1_235_000):
        numbers.add(value)
    assert dict(numbers.counts) == {1_234_000: 1000}
    assert numbers.most == 1_234_999
    assert numbers.as_dict()["mean"] == 1_234_499.5


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("12 + 3", {}),
        ("so x", {"Latin": 1.0}),
        ("ab αβ", {"Latin": 0.5, "Greek": 0.5}),
        ("答案是四", {"Han": 1.0}),
        ("答えは四", {"Kana": 1.0}),
        ("𝑥𝑦", {}),
        ("ｘ", {"Latin": 1.0}),
    ],
)
def test_scripts_of_texts(text: str, shares: dict[str, float]):
    assert scripts(text) == shares


def test_texts_in_two_parts_are_no_other_text():
    texts = Texts()
    for parts in [("ab", "c"), ("a", "bc"), ("ab", "c"), ("\ud800",)]:
        texts.add(*parts)
    assert texts.again() == 1


def test_a_column_of_ids_does_not_fill_the_memory():
    tally = Tally()
    for number in range(MOST_VALUES + 5):
        tally.put(str(number))
    tally.put("0")
    assert len(tally) == MOST_VALUES + 1
    assert (tally["0"], tally[OTHERS]) == (2, 5)


def test_the_first_problems_come_with_their_traces():
    parts = list(first_problems([small(), small()], 2))
    assert [len(part.problems) for part in parts] == [2]
    assert [each.id for each in parts[0].traces] == ["a1", "a2", "a3", "b1"]
    assert len(list(first_problems([small(), small()], 0))) == 2
    assert [len(part.problems) for part in first_problems([small(), small()], 4)] == [3, 1]
