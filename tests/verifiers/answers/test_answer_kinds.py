"""Verifiers of choices, stances, numbers, lists, JSON and grids."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limbeck.answers.options import options
from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.choice import choice
from limbeck.verifiers.answers.grid import grid
from limbeck.verifiers.answers.json_match import json_match
from limbeck.verifiers.answers.listed import listed
from limbeck.verifiers.answers.number import number
from limbeck.verifiers.answers.yes_no import yes_no


def ask(
    verifier, gold: str | None, answer: str, question: str = "", meta: dict | None = None, **given
) -> Verdict:
    problem = Problem(id="p", question=question, answer=gold, meta=meta or {})
    return verifier(problem, Trace(id="t", problem_id="p", answer=answer), **given)


QUESTION = "Which city is the capital?\nA) Lyon\nB) Paris\nC) Nice\nD) None of the above"


@pytest.mark.parametrize(
    ("text", "outcome", "extracted"),
    [
        ("B", "correct", "B"),
        ("b", "correct", "B"),
        ("b) Paris", "correct", "B"),
        ("Paris", "correct", "B"),
        ("The answer is Paris.", "correct", "B"),
        ("We think.\nThe correct option is (B).", "correct", "B"),
        ("Lyon is large.\n\nI choose (B)", "correct", "B"),
        (r"\boxed{B}", "correct", "B"),
        ("None of the above", "wrong", "D"),
        ("(C) Nice", "wrong", "C"),
        ("A) Paris", "unparsed", None),
        ("(A) is tempting, but B", "unparsed", None),
        ("not A but B", "unparsed", None),
        ("A or B", "unparsed", None),
        ("both (A) and (B)", "unparsed", None),
        ("Marseille", "unparsed", None),
        ("E", "unparsed", None),
        ("A nice city", "unparsed", None),
    ],
)
def test_choice_reads_letters_and_texts_of_the_questions_options(text, outcome, extracted):
    found = ask(choice, "B", text, QUESTION)
    assert (found.outcome, found.extracted) == (outcome, extracted)


def test_choice_takes_options_from_meta_too():
    listed_options = {"options": ["A)1/2", "B)0.75", "C)2"]}
    assert ask(choice, "C", "2", meta=listed_options).outcome == "correct"
    assert ask(choice, "2", "C", meta=listed_options).outcome == "correct"
    assert ask(choice, "B", r"\frac{3}{4}", meta=listed_options).outcome == "correct"
    assert ask(choice, "T", "(t)", meta={"options": [f"text {i}" for i in range(26)]}).outcome == "correct"
    assert ask(choice, "B", "two", meta={"choices": {"A": "one", "B": "two"}}).outcome == "correct"
    assert ask(choice, "D", "C", meta=listed_options).outcome == "unknown"
    assert ask(choice, "A", "12", meta={"options": ["12", "12"]}).outcome == "unparsed"
    assert (
        ask(choice, "A", "(a + b)(a - b)", meta={"options": ["(a + b)(a - b)", "a + b"]}).outcome == "correct"
    )


def test_choice_accepts_every_published_reference(shared: Path):
    for name in ("aqua_dev", "aqua_test", "agieval_lsat_ar"):
        for line in (shared / f"mcq/{name}.jsonl").open(encoding="utf-8"):
            row = json.loads(line)
            gold = row.get("correct") or row["label"]
            problem = Problem(id="p", question="\n".join([row["question"], *row["options"]]), answer=gold)
            text = options(problem)[gold]
            for answer in (gold, f"({gold.lower()})", f"{gold}) {text}", f"So\nthe answer is ({gold})."):
                assert choice(problem, Trace(id="t", problem_id="p", answer=answer)).outcome == "correct", (
                    row,
                    answer,
                )
            other = "ABCDE"[("ABCDE".index(gold) + 1) % 5]
            assert choice(problem, Trace(id="t", problem_id="p", answer=f"({other})")).outcome == "wrong"


@pytest.mark.parametrize(
    ("gold", "text", "outcome"),
    [
        ("yes", "Yes.", "correct"),
        ("True", "Yes, because it is so.", "correct"),
        ("false", "No, it cannot.", "correct"),
        ("no", "It is not true.", "correct"),
        ("yes", '{"answer": true}', "correct"),
        ("no", "So\n\\boxed{\\text{No}}", "correct"),
        ("yes", "Yes, there is no such city.", "correct"),
        ("Uncertain", "The statement is unknown.", "correct"),
        ("yes", "The answer is no.", "wrong"),
        ("Uncertain", "False", "wrong"),
        ("yes", "yes and no, yes or no.", "unparsed"),
        ("yes", "Yes. That is, it is false.", "unparsed"),
        ("yes", "42", "unparsed"),
        ("yes", "", "unparsed"),
        ("42", "yes", "unknown"),
        (None, "yes", "unknown"),
    ],
)
def test_yes_no_reads_one_stance(gold, text, outcome):
    assert ask(yes_no, gold, text).outcome == outcome


@pytest.mark.parametrize(
    ("gold", "text", "question", "more", "outcome"),
    [
        ("3.14", "3.14159", "", {}, "correct"),
        ("3.14", "3.1", "", {}, "wrong"),
        ("3.14", "3.146", "", {}, "wrong"),
        ("3", "3.2", "", {}, "wrong"),
        ("3.14159", "3.1", "Round to the nearest tenth.", {}, "correct"),
        ("3.14159", "3.2", "Round to the nearest tenth.", {}, "wrong"),
        ("2.7183", "2.72", "Give two decimal places.", {}, "correct"),
        ("12345", "12300", "Give 3 significant figures.", {}, "correct"),
        ("12345", "12400", "Give 3 significant figures.", {}, "wrong"),
        ("100", "101", "", {"tolerance": 0.02}, "correct"),
        ("100", "103", "", {"tolerance": 0.02}, "wrong"),
        ("0.0012345", "0.00123", "", {"digits": 3}, "correct"),
        ("5 km", "5000 m", "", {}, "correct"),
        ("5 km", "5", "", {}, "correct"),
        ("5 km", "5", "", {"units": "needed"}, "unparsed"),
        ("5 km", "5 m", "", {"units": "ignored"}, "correct"),
        ("5 km", "5 m", "", {}, "wrong"),
        ("5 km", "5 kg", "", {}, "wrong"),
        ("5 km", "5 parsecs", "", {}, "unknown"),
        ("50%", "0.5", "", {}, "correct"),
        ("7", "many", "", {}, "unparsed"),
        ("7", "3 cats and 4 dogs", "", {}, "unparsed"),
        ("many", "7", "", {}, "unknown"),
    ],
)
def test_number_knows_units_and_the_precision_that_is_asked_for(gold, text, question, more, outcome):
    assert ask(number, gold, text, question, **more).outcome == outcome


def test_number_checks_its_options():
    for more in ({"units": "need"}, {"tolerance": 2}, {"digits": -1}):
        with pytest.raises(LimbeckError):
            ask(number, "1", "1", **more)


@pytest.mark.parametrize(
    ("gold", "text", "more", "outcome"),
    [
        ("pear, apple, fig", "pear, apple, and fig", {}, "correct"),
        ("pear, apple, fig", "pear apple fig", {}, "correct"),
        ("pear, apple, fig", '["Pear", "apple", "fig"]', {}, "correct"),
        ("pear, apple, fig", "1. pear\n2. apple\n3. fig", {}, "correct"),
        ("pear, apple, fig", "apple, pear, fig", {}, "wrong"),
        ("pear, apple, fig", "apple, pear, fig", {"order": False}, "correct"),
        ("pear, apple, fig", "Pear, apple, fig", {"casefold": False}, "wrong"),
        ("pear, apple, fig", "pear, apple", {"order": False}, "wrong"),
        ("1, 2, 3", "[1.0, 2, 6/2]", {}, "correct"),
        ("a, b", "a, b, b", {}, "wrong"),
        ("a, b", "a, b, b", {"duplicates": False}, "correct"),
        ("a, b", "", {}, "unparsed"),
        ("", "a, b", {}, "unknown"),
    ],
)
def test_listed_compares_lists_and_sets(gold, text, more, outcome):
    assert ask(listed, gold, text, **more).outcome == outcome


def test_listed_says_what_is_amiss():
    assert ask(listed, "a, b, c", "a, d, c").reason == "lacks b and has also d"
    assert ask(listed, "a, b, c", "a, c, b").reason == "item 2 is c, not b"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["ape", "bee", "cat", "dog", "12", "-3"]), min_size=1, max_size=6), st.randoms()
)
def test_a_shuffled_list_is_the_same_set(items, random):
    shuffled = random.sample(items, len(items))
    assert ask(listed, ", ".join(items), json.dumps(shuffled), order=False).outcome == "correct"
    ordered = ask(listed, ", ".join(items), json.dumps(shuffled)).outcome
    assert ordered == ("correct" if items == shuffled else "wrong")


@pytest.mark.parametrize(
    ("gold", "text", "more", "outcome"),
    [
        ('{"a": 1, "b": [1, 2]}', 'Here: ```json\n{"b": [1, 2.0], "a": 1}\n```', {}, "correct"),
        ('{"a": 1}', '{"a": 2}', {}, "wrong"),
        ('{"a": 1}', '{"a": true}', {}, "wrong"),
        ('{"a": 1}', '{"a": 1, "b": 2}', {}, "wrong"),
        ('{"a": 1}', '{"a": 1, "b": 2}', {"extra": True}, "correct"),
        ("[1, 2]", "[2, 1]", {}, "wrong"),
        ("[1, 2]", "[2, 1]", {"order": False}, "correct"),
        ("3", '{"result": [{"n": 3}]}', {"path": "result.0.n"}, "correct"),
        ("3", '{"result": []}', {"path": "result.0.n"}, "wrong"),
        ("100", '{"n": 101}', {"path": "n", "tolerance": 0.01}, "correct"),
        ('{"a": null}', 'First {"a": 1}, then {"a": null}.', {}, "correct"),
        ("7", "The answer is 7.", {}, "correct"),
        ('{"a": 1}', '{"a": 1, "a": 1}', {}, "unparsed"),
        ('{"a": 1}', '{"a": NaN}', {}, "unparsed"),
        ('{"a": 1}', "a is 1", {}, "unparsed"),
        ("{'a': 1}", '{"a": 1}', {}, "unknown"),
    ],
)
def test_json_match_compares_values(gold, text, more, outcome):
    assert ask(json_match, gold, text, **more).outcome == outcome


def test_json_match_names_the_place():
    assert ask(json_match, '{"a": [1, {"b": 2}]}', '{"a": [1, {"b": 3}]}').reason == "$.a.1.b: 3 is not 2"
    with pytest.raises(LimbeckError, match="tolerance"):
        ask(json_match, "1", "1", tolerance=-1)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("[[1, 2], [3, 4]]", "correct"),
        ("We turn it.\n1 2\n3 4", "correct"),
        ("```\n1,2\n3,4\n```", "correct"),
        ("12\n34", "correct"),
        ("[1 2]\n[3 4]", "correct"),
        ("| 1 | 2 |\n|---|---|\n| 3 | 4 |", "correct"),
        ("Not [[0, 0], [0, 0]] but [[1, 2], [3, 4]].", "correct"),
        ("1 2\n3 5", "wrong"),
        ("1 2\n3 4\n5 6", "wrong"),
        ("[[1, 2, 3], [3, 4, 5]]", "wrong"),
        ("", "unparsed"),
        ("nothing", "unparsed"),
    ],
)
def test_grid_compares_cells(text, outcome):
    assert ask(grid, "1 2\n3 4", text).outcome == outcome


def test_grid_says_where():
    reason = ask(grid, "[[1, 2], [3, 4]]", "1 2\n3 5").reason
    assert reason == "1 of 4 cells differ, first in row 2, column 2: '5' is not '4'"
    assert ask(grid, "[[1], [2, 3]]", "1 2").outcome == "unknown"
    assert ask(grid, "Red Blue\nBlue Red", "red blue\nblue red", casefold=True).outcome == "correct"
