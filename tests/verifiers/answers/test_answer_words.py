"""Words around an answer: letters that are none, negation, conditions, headings, prose and broken JSON."""

from __future__ import annotations

import pytest

from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.choice import choice
from limbeck.verifiers.answers.grid import grid
from limbeck.verifiers.answers.json_match import json_match
from limbeck.verifiers.answers.listed import listed
from limbeck.verifiers.answers.yes_no import yes_no
from limbeck.verifiers.logic.constraints import constraints
from limbeck.verifiers.logic.fol import fol
from limbeck.verifiers.logic.knave_roles import knave_roles


def ask(verifier, gold: str | None, answer: str, meta: dict | None = None) -> Verdict:
    problem = Problem(id="p", question="", answer=gold, meta=meta or {})
    found = verifier(problem, Trace(id="t", problem_id="p", answer=answer))
    return found if isinstance(found, Verdict) else found.result(timeout=60)


VITAMINS = ["Vitamin A", "Vitamin C", "Vitamin D", "Vitamin K"]
GERMS = ["E. coli", "B. subtilis", "Hepatitis B", "Hepatitis C", "none"]


@pytest.mark.parametrize(
    ("gold", "text", "options", "outcome"),
    [
        ("B", "Vitamin C", VITAMINS, "correct"),
        ("C", "Vitamin C", VITAMINS, "wrong"),
        ("C", "The answer is Vitamin C.", VITAMINS, "wrong"),
        ("B", "The answer is Vitamin C.", VITAMINS, "correct"),
        ("C", "It is probably Vitamin C here.", VITAMINS, "unparsed"),
        ("B", "B. Vitamin C", VITAMINS, "correct"),
        ("C", "C) Vitamin C", VITAMINS, "unparsed"),
        ("C", "Hepatitis B", GERMS, "correct"),
        ("B", "Hepatitis B", GERMS, "wrong"),
        ("D", "Hepatitis C", GERMS, "correct"),
        ("C", "Hepatitis C", GERMS, "wrong"),
        ("A", "E. coli", GERMS, "correct"),
        ("E", "E. coli", GERMS, "wrong"),
        ("A", "B. subtilis", GERMS, "wrong"),
        ("A", "N/A", None, "unparsed"),
        ("C", "5°C", None, "unparsed"),
        ("C", "C++", None, "unparsed"),
        ("C", "The answer is C++.", None, "unparsed"),
        ("B", "Plan B", None, "unparsed"),
        ("B", "We take the last one (Plan B).", None, "unparsed"),
        ("B", "I choose B.", None, "correct"),
        ("B", "It must be B", None, "correct"),
        ("B", "B is correct.", None, "correct"),
        ("B", "B, because it rains.", None, "correct"),
        ("B", "So B", None, "correct"),
        ("B", "Option B is correct", None, "correct"),
        ("B", "Letter B", None, "correct"),
        ("B", "Ｂ", None, "correct"),
        ("B", "<answer>B</answer>", None, "correct"),
        ("B", "We look.\n<answer>B</answer>", None, "correct"),
        ("B", "B\n\nFor it rains in the end.", None, "correct"),
        ("B", "(B) Paris\nBecause Paris is the capital.", None, "correct"),
        ("B", "(A) Lyon\nNo, option B is correct.", None, "unparsed"),
        ("A", "The answer is: A person who is tall", None, "unparsed"),
        ("A", "3²", ["32", "10"], "unparsed"),
        ("B", "（Ｂ）", ["32", "10"], "correct"),
        ("B", "Ⓑ", ["32", "10"], "correct"),
    ],
)
def test_choice_takes_a_letter_only_where_an_option_is_chosen(gold, text, options, outcome):
    assert ask(choice, gold, text, {"options": options} if options else None).outcome == outcome


@pytest.mark.parametrize(
    ("gold", "text", "outcome"),
    [
        ("A", "The answer is not A.", "unparsed"),
        ("A", "It can't be A.", "unparsed"),
        ("A", "Option A is incorrect.", "unparsed"),
        ("A", "A is wrong", "unparsed"),
        ("A", "A is not the answer.", "unparsed"),
        ("B", "Not B", "unparsed"),
        ("B", "Anything but B", "unparsed"),
        ("B", "The answer is definitely not (B).", "unparsed"),
        ("B", "I don't think the answer is B.", "unparsed"),
        ("B", "We can rule out (B).", "unparsed"),
        ("B", "We eliminate option B", "unparsed"),
        ("A", "The answer is A. Wait, no, it is B.", "unparsed"),
        ("B", "The answer is A. Wait, no, it is B.", "unparsed"),
        ("A", "The answer is A. Wait, no. The answer is B.", "wrong"),
        ("B", "The answer is A. Wait, no. The answer is B.", "correct"),
        ("B", "A is wrong because it rains. The answer is B.", "correct"),
        ("B", "A is tempting, but the answer is B.", "correct"),
        ("B", "The answer is (B). I hope it isn't too short.", "correct"),
    ],
)
def test_choice_does_not_take_what_is_denied_or_taken_back(gold, text, outcome):
    assert ask(choice, gold, text).outcome == outcome


@pytest.mark.parametrize(
    ("gold", "text", "outcome"),
    [
        ("yes", "It is not necessarily true.", "unparsed"),
        ("yes", "not always true", "unparsed"),
        ("no", "not always true", "unparsed"),
        ("yes", "The statement cannot be true.", "unparsed"),
        ("no", "The statement cannot be true.", "unparsed"),
        ("yes", "This wasn't true.", "wrong"),
        ("no", "This wasn't true.", "correct"),
        ("yes", "I don't think that is correct.", "unparsed"),
        ("no", "I do not believe this is true.", "unparsed"),
        ("yes", "far from true", "unparsed"),
        ("yes", "the opposite is true", "unparsed"),
        ("yes", "If it were true, we would have a contradiction.", "unparsed"),
        ("no", "N/A", "unparsed"),
        ("no", "n = 5", "unparsed"),
        ("True", "y = 2x", "unparsed"),
        ("no", "No doubt.", "unparsed"),
        ("N/A", "no", "unknown"),
        ("no", "N", "correct"),
        ("yes", "(y)", "correct"),
        ("no", "No it isn't.", "correct"),
        ("no", "No because it rains", "correct"),
        ("no", "The statement is false.", "correct"),
        ("no", "The statement isn't true.", "correct"),
        ("yes", "Yes it does not rain", "correct"),
        ("yes", "True, since it is not raining.", "correct"),
        ("yes", "It is not uncertain", "unparsed"),
        ("no", "It is false that it is not true.", "unparsed"),
        ("unknown", "It cannot be determined.", "correct"),
        ("unknown", "It can't be determined.", "correct"),
    ],
)
def test_yes_no_reads_no_stance_out_of_negations_and_conditions(gold, text, outcome):
    assert ask(yes_no, gold, text).outcome == outcome


RULE, FACT, ASKED = "∀x (A(x) → B(x))", "A(c)", "Conclusion: B(c)"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (f"1. {RULE}\n2. {FACT}\n{ASKED}", "unparsed"),
        (f"Given:\n{RULE}\n{FACT}\n{ASKED}", "correct"),
        (f"**Premises**\n{RULE}\n{FACT}\n{ASKED}", "correct"),
        (f"Premise 1: {RULE}\nPremise 2: {FACT}\n{ASKED}", "correct"),
        (f"**Premise 1:** {RULE}\n**Premise 2**: {FACT}\n**Conclusion**\nB(c)", "correct"),
        (f"Let us see.\nAssumptions:\n{RULE}\n{FACT}\n{ASKED}", "correct"),
        (f"Background:\n{RULE}\n{FACT}\n{ASKED}", "unparsed"),
        (f"Knowledge:\n{FACT}\nPremises:\n{RULE}\n{ASKED}", "unparsed"),
        (f"Predicates:\nA(x) ::: x is an A\nPremises:\n{RULE}\n{FACT}\n{ASKED}", "correct"),
        (f"Premises:\n{RULE}\n{ASKED}", "wrong"),
    ],
)
def test_fol_drops_no_premise(text, outcome):
    assert ask(fol, "True", text).outcome == outcome
    if outcome == "unparsed":
        assert ask(fol, "Uncertain", text).outcome == outcome


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("a = 1, b = 2", "correct"),
        ("a = 2, b = 1", "wrong"),
        ("a = 1.5, b = 2", "wrong"),
        ("a = 1/2, b = 3", "wrong"),
        ("a = 1 or a = 2, b = 3", "unparsed"),
        ("a = 1 or 2, b = 3", "unparsed"),
        ("a = 1 + 1, b = 3", "unparsed"),
        ("a >= 1, b = 2", "unparsed"),
        ('{"a": 1.0, "b": 2.0}', "correct"),
        ('{"a": 1.5, "b": 2}', "wrong"),
        ("a = 1.0, b = 2.", "correct"),
        ("- **a** = **1**\n- **b** = **2**", "correct"),
        ("a = 3 + 1 is too much. So a = 1, b is 2.", "correct"),
    ],
)
def test_constraints_reads_whole_values(text, outcome):
    program = {"variables": {"a": "1..3", "b": "1..3"}, "constraints": ["a < b"]}
    assert ask(constraints, None, text, {"program": program}).outcome == outcome


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Zoey is a knight. Ava is a knave.", "correct"),
        ("It is false that Zoey is a knight. Ava is a knave.", "unparsed"),
        ("If Zoey is a knight, Ava is a knave.", "unparsed"),
        ("I cannot tell whether Zoey is a knight or Ava is a knave.", "unparsed"),
        ("If Zoey is a knight, then so Ava is a knave.", "unparsed"),
        ("Suppose Zoey is a knight and Ava is a knave.", "unparsed"),
        ("Zoey is a knight or a knave. Ava is a knave.", "unparsed"),
        ("Zoey is a knight and Ava is a knave?", "unparsed"),
        ("Zoey says Ava is a knave. Zoey is a knight.", "unparsed"),
        ("Each is a knight or a knave:\n(1) Zoey is a knight\n(2) Ava is a knave", "correct"),
        (
            "If Zoey is a knave, Ava is a knight. That fails. So Zoey is a knight, and Ava is not a knight.",
            "correct",
        ),
        ("Zoey is a knave. Ava is a knight.", "wrong"),
    ],
)
def test_roles_takes_only_plain_statements(text, outcome):
    said = "(('lying', 1), ('and', ('telling-truth', 0), ('telling-truth', 1)))"
    meta = {"names": ["Zoey", "Ava"], "statements": said}
    assert ask(knave_roles, None, text, meta).outcome == outcome


@pytest.mark.parametrize(
    ("gold", "text", "outcome"),
    [
        ('{"name":"Ann","age":5}', '{"person": {"name": "Ann", "age": 5}, "extra": ', "unparsed"),
        ('{"a":1}', '[{"a":1}, {"b": ', "unparsed"),
        ("[2,3]", "[1, [2, 3], ", "unparsed"),
        ('{"a":1}', '{"a":1} or rather {"a": ', "unparsed"),
        ('{"a":2}', '{"a":2}' + "x[i] " * 60 + '{"a":1}', "wrong"),
        ('{"a":1}', '{"a":2}' + "x[i] " * 60 + '{"a":1}', "correct"),
        ('{"a":[3,4]}', '```json\n{"a":[3,4]}\n```\nSee [1] for details.', "correct"),
        ('{"a":[3,4]}', '```json\n{"a":[3,4]}\n```\nNeither is the empty set {} or so.', "correct"),
        ('{"a":[3,4]}', '```json\n{"a":[3,4]}\n```\nThe list `[3, 4]` sums to 7.', "correct"),
        ("[3,5]", "```\n[3,5]\n```\nThe list `[3, 4]` sums to 7.", "correct"),
        ("[3,5]", "```\n[3,5]\n```\nWait, that is wrong: [3, 4]", "wrong"),
        ('{"a":1}', '{"a":1}, see [1] for details.', "correct"),
        ('{"a":1}', 'On [0, 1) we get {"a":1}', "correct"),
        ('{"a":1}', '\\boxed{{"a":1}}', "correct"),
        ('{"a":1}', '{x | see {"a":1}}', "unparsed"),
        ("[1]", '{"a":1}', "wrong"),
    ],
)
def test_json_match_reads_whole_json_where_the_answer_stands(gold, text, outcome):
    assert ask(json_match, gold, text).outcome == outcome


@pytest.mark.parametrize(
    ("gold", "text", "outcome"),
    [
        ("apple, banana, cherry", "Here is the sorted list:\napple\nbanana\ncherry", "correct"),
        ("apple, banana", '```json\n["apple","banana"]\n```', "correct"),
        ("apple, banana", 'Sorted:\n```json\n["apple","banana"]\n```\nI sorted them.', "correct"),
        ("a, b, c", "The order is a, b, c", "correct"),
        ("a, b, c", "Sorted: a, b, c", "correct"),
        ("a, b, c", "The order is:\na, b, c", "correct"),
        ("1, 2", "1, 2\n\nI sorted them.", "correct"),
        ("a, b, c", "The order is not a, b, c", "wrong"),
        ("a, b", "a\nb\n\nAnd also c is in it.", "wrong"),
        ("a, b", "The order is b, a", "wrong"),
        ("the sky is blue, grass is green", "The sky is blue, grass is green", "correct"),
        ("the sky is blue, grass is green", "Blue, grass is green", "wrong"),
    ],
)
def test_listed_leaves_out_headings_fences_and_sentences(gold, text, outcome):
    assert ask(listed, gold, text).outcome == outcome


@pytest.mark.parametrize(
    ("gold", "text", "outcome"),
    [
        ("1 2\n3 4", "Output grid:\n1 2\n3 4", "correct"),
        ("1 2 3\n4 5 6", "The output is:\n1 2 3\n4 5 6", "correct"),
        ("1 2\n3 4", "1 2\n3 4\n\nI hope this helps.", "correct"),
        ("1 2\n3 4", "1 2\n3 5\n\nI hope this helps.", "wrong"),
        ("1 2\n3 4", "I do not know", "unparsed"),
        ("1 2\n3 4", "```\nred blue\n```", "unparsed"),
        ("1 2\n3 4", "```\n1 2\n3 4\n```\nSee [1] for details.", "correct"),
        ("1 2\n3 4", "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", "correct"),
        ("red blue\nblue red", "Output grid:\nred blue\nblue red\n\nI hope this helps.", "correct"),
    ],
)
def test_grid_takes_rows_only(gold, text, outcome):
    assert ask(grid, gold, text).outcome == outcome
