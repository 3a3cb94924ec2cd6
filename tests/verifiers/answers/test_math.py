"""The mathematical verifier: what it finds, what it accepts, what it must not."""

from __future__ import annotations

import time
from concurrent.futures import Future

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limbeck.answers.extract import find_answer
from limbeck.answers.normal import quantity, tidy
from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.choice import choice
from limbeck.verifiers.answers.exact import exact
from limbeck.verifiers.answers.math import math


def verdict(
    gold: str | None, answer: str, question: str = "", meta: dict | None = None, **options
) -> Verdict:
    problem = Problem(id="p", question=question, answer=gold, meta=meta or {})
    found = math(problem, Trace(id="t", problem_id="p", answer=answer), **options)
    return found.result(timeout=30) if isinstance(found, Future) else found


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("9 * 2 = 18\n#### 18", "18"),
        ("She makes 9 * 2 = <<9*2=18>>18\nA: 18", "18"),
        (r"First \boxed{1}, then \boxed{\frac{1}{\sqrt{2}}}.", r"\frac{1}{\sqrt{2}}"),
        (r"It is \boxed{5}, or rather \boxed{", "5"),
        (r"\boxed 7", "7"),
        ('{"reasoning": "one\ntwo", "answer": "18"}', "18"),
        ('```json\n{\n "reasoning": "costs \\$3",\n "answer": 18.0\n}\n```</s>', "18.0"),
        ('{"reasoning": "the \\"answer\\": is 3", "answer": "$18"}', "$18"),
        ('{"answer": "\\frac{1}{2}"}', r"\frac{1}{2}"),
        ('{"answer": null}', None),
        ('{"reasoning": "18 of them", "answer": ""}', None),
        ("The final answer is $\\frac{3}{4}$ because 3 of 4 remain.", r"\frac{3}{4}"),
        ("The answer is 18. I hope this answer is helpful.", "18"),
        ("The roots: the answer is $2$, $3$ and $5$.", "2, 3, 5"),
        ("**Final Answer:** 3.5 miles", "3.5 miles"),
        ("We count.\nSo Sally has 9 books.", "So Sally has 9 books"),
        ("1. Answer: 30 times\n2. So it is 4 * 21.\nThus, Robert went down **84 times** in all.", "84 times"),
        ("Answer: $40 in May.\nBoth ways the price is **$36**.", "$36"),
        ("Adding up gives more.\nThus the pay in May and June is \\(\\$42,000\\).", "\\$42,000"),
        ("draft: the answer is 4</think>The answer is 5", "5"),
        ("Let me see.\nThere are 4 people and", None),
        ("", None),
        ("# 18", "18"),
    ],
)
def test_the_answer_is_found(text, answer):
    assert find_answer(text) == answer


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("natural text\n#### 1,000", "#### 1000"),
        ("# 18", "$18.00"),
        ("18", "eighteen dollars is wrong to write, so the answer is 18"),
        ("25", "twenty-five"),
        (r"\frac12", r"\boxed{0.5}"),
        (r"3\frac{1}{2}", "7/2"),
        (r"3 \times 10^{8}", "3e8"),
        (r"11,\! 111,\! 111,\! 100", "11111111100"),
        (r"5.4 \text{ cents}", "5.4"),
        ("5 m", "500 cm"),
        (r"8\%", "0.08"),
        (r"90^\circ", "90"),
        (r"\frac{\pi}{2}", r"90^\circ"),
        ("4343_6", "4343_{6}"),
        (r"\text{(B)}", "B"),
        (r"\text{east}", "East"),
        ("no solution", r"\emptyset"),
        ("x = 5", "5"),
        (r"\{1, 2, 3\}", r"\{3, 2, 1\}"),
        (r"1 \pm \sqrt{5}", r"1 - \sqrt 5, 1 + \sqrt 5"),
        (r"(-\infty, 2) \cup (2, 4)", r"(2,4)\cup(-\infty,2)"),
        (r"\begin{pmatrix} -7 \\ 16 \end{pmatrix}", r"\begin{bmatrix}-7\\16\end{bmatrix}"),
        ("18", "5 + 13 = 18 apples"),
        ("1,218", "1,360 - 142 = 1,218"),
        (r"k \geqslant 2", r"[2, \infty)"),
        ("x^2+2x+1", "(x+1)^2"),
        (r"\sin^2 t", r"1-\cos^2 t"),
        (r"11\sqrt{5}+11", r"11(1+\sqrt5)"),
    ],
)
def test_equal_answers_are_correct(gold, answer):
    assert verdict(gold, answer, "Find all values.").outcome == "correct"


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("18", "17"),
        ("18", "-18"),
        ("(1,2,3)", "(3,2,1)"),
        ("(1,2,3)", r"\{1,2,3\}"),
        (r"\{1,2,3\}", "(1,2,3)"),
        ("(1,2,3)", r"\{3,2,1\}"),
        ("2,3", "3,4"),
        ("[1,2)", "(1,2)"),
        ("5 cm", "5 m"),
        ("8", "0.08"),
        (r"\pi", "3.2"),
        ("5", "no solution"),
        ("12:30", "1:30"),
        ("x=5", "y=5"),
        ("5", "5x"),
        ("x^2+1", "x^2-1"),
        (r"\frac{1}{2}", r"\frac{2}{3}"),
        ("Navin", "Luke"),
    ],
)
def test_different_answers_are_wrong(gold, answer):
    assert verdict(gold, answer).outcome == "wrong"


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        (r"\pi", "3.1415927", "unknown"),
        ("1/3", "0.3333", "unknown"),
        ("2", "2:00 pm", "unknown"),
        (r"\frac{1}{", "18", "unknown"),
        ("see the solution", "18", "unknown"),
        (None, "18", "unknown"),
        ("  ", "18", "unknown"),
        ("18", "", "unparsed"),
        ("18", "I am not sure.", "unparsed"),
        ("18", "86 glasses and 42 plates", "unparsed"),
        ("18", r"\boxed{5x + }", "unparsed"),
        ("18", "1" * 400, "unparsed"),
        ("18", "10^{10^{10}}", "timeout"),
        ("18", "((100!)!)!", "timeout"),
        ("18", "(" * 100 + "18" + ")" * 100, "timeout"),
    ],
)
def test_what_proves_nothing_is_neither_correct_nor_wrong(gold, answer, outcome):
    found = verdict(gold, answer)
    assert found.outcome == outcome
    assert found.reason


def test_reasons_are_for_people():
    assert verdict("18", "#### 18") == Verdict("math", "correct", "18", "18 = 18")
    assert verdict("18", "#### 17").reason == "17 is not 18"
    assert verdict("18", "...\n...").reason == "no answer found"
    assert r"\frac{1}{" in verdict(r"\frac{1}{", "18").reason


def test_the_order_of_a_list_counts_unless_the_question_says_otherwise():
    roots = "Find all the roots of the polynomial, separated by commas."
    assert verdict("-2,1", "1,-2", roots).outcome == "correct"
    assert verdict("-2,1", "1,-2", roots, order="strict").outcome == "wrong"
    assert verdict("-2,1", "1,-2", order="free").outcome == "correct"
    assert verdict("-2,1", "1,-2").outcome == "correct", "without a question nothing says that it counts"
    assert verdict("-2,1", "1,-2", order="strict").outcome == "wrong"
    assert verdict("-2,1", "1,-2", "Solve it.").outcome == "unknown"
    assert verdict("-2,1", "1,-2", "Give all solutions in increasing order.").outcome == "wrong"
    assert verdict("-2,1", "1,-3", roots).outcome == "wrong"
    assert verdict("1,1,2", "1,2,2", roots).outcome == "wrong"


def test_several_references_are_alternatives():
    assert verdict(None, "2", meta={"answers": ["1", "2"]}).outcome == "correct"
    assert verdict('["1", "x+y"]', "y+x", meta={"answers": True}).outcome == "correct"
    assert verdict(None, "3", meta={"answers": ["1", "2"]}).outcome == "wrong"
    assert verdict("not a list", "3", meta={"answers": True}).outcome == "unknown"
    assert verdict("[1, 2]", "[1, 2]").outcome == "correct"


def test_reasoning_is_read_only_when_nothing_was_cut_off():
    problem = Problem(id="p", question="", answer="18")
    trace = Trace(id="t", problem_id="p", reasoning="So the answer is 18.")
    assert math(problem, trace).outcome == "correct"
    trace.finish = "length"
    assert math(problem, trace).outcome == "unparsed"


def test_a_slow_comparison_is_killed_and_is_a_timeout():
    found = verdict("x^2+1", "(1+x+y)^{9999}", timeout=0.5)
    assert found.outcome == "timeout"
    assert "0.5 s" in found.reason


def test_options_are_checked():
    with pytest.raises(LimbeckError, match="did you mean 'strict'"):
        verdict("1", "1", order="strikt")
    with pytest.raises(LimbeckError, match="positive"):
        verdict("1", "1", timeout=0)


MEGABYTE = 10**6
HOSTILE = {
    "letters": "a" * MEGABYTE,
    "boxes": "\\boxed{" * 10**5,
    "braces": "{" * MEGABYTE,
    "dollars": "the answer is " + "$ " * (MEGABYTE // 2),
    "answers": "answer is " * 10**5,
    "fields": '"answer": "' * 10**5,
    "backslashes": '"answer": "' + "\\" * MEGABYTE,
    "digits": "#### " + "1" * MEGABYTE,
    "lines": "\n" * MEGABYTE,
    "parentheses": "(" * 5000 + "1" + ")" * 5000,
    "nul": "\\boxed{1\x009}",
    "surrogate": "\\boxed{\ud800}",
    "exponent": "1e99999999",
    "powers of powers": "((9^{400})^{400})^{400}",
    "commas": "," * 299,
    "fractions": "\\frac" * 50,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_neither_hang_nor_pass(name):
    before = time.thread_time()
    assert verdict("18", HOSTILE[name]).outcome != "correct"
    assert verdict(HOSTILE[name], "18").outcome != "correct"
    assert time.thread_time() - before < 8, "work of this process, whoever else is busy"


def test_invisible_characters_do_not_matter():
    assert verdict("18", "\\boxed{\u202e18\u202c\u200b}").outcome == "correct"
    assert verdict("18", "\\boxed{１８}").outcome == "correct"


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="0123456789xy(){}[]\\,.$%^_+-*/=! frac\x00", max_size=60))
def test_no_text_breaks_the_cheap_steps(text):
    assert find_answer(text) is None or find_answer(text)
    quantity(tidy(text))
    for gold in ("18", "(1, 2)", "x+1"):
        found = math(Problem(id="p", question="", answer=gold), Trace(id="t", problem_id="p", answer=text))
        assert isinstance(found, Future) or found.outcome in (
            "correct",
            "wrong",
            "unparsed",
            "timeout",
            "unknown",
        )


@given(st.fractions(max_denominator=10**6))
def test_every_spelling_of_a_fraction_is_the_fraction(value):
    sign, top = ("-" if value < 0 else ""), abs(value.numerator)
    for text in (
        f"{value}",
        f"{sign}\\frac{{{top}}}{{{value.denominator}}}",
        f"\\dfrac{{{sign}{top}}}{{{value.denominator}}}",
    ):
        assert quantity(tidy(text)).value == value


def test_exact_compares_strings():
    problem = Problem(id="p", question="", answer=" Yes ")
    assert exact(problem, Trace(id="t", problem_id="p", answer="Yes")).outcome == "correct"
    assert exact(problem, Trace(id="t", problem_id="p", answer="yes")).outcome == "wrong"
    assert exact(problem, Trace(id="t", problem_id="p", answer="yes"), casefold=True).outcome == "correct"
    assert exact(problem, Trace(id="t", problem_id="p", answer=" ")).outcome == "unparsed"
    assert (
        exact(Problem(id="p", question=""), Trace(id="t", problem_id="p", answer="yes")).outcome == "unknown"
    )


@pytest.mark.parametrize(
    ("text", "outcome", "extracted"),
    [
        ("B", "correct", "B"),
        ("(b) 12", "correct", "B"),
        (r"\boxed{\text{(B)}}", "correct", "B"),
        ("We compare.\nThe answer is option B.", "correct", "B"),
        ('{"reasoning": "C is out", "answer": "B"}', "correct", "B"),
        ("The answer is C.", "wrong", "C"),
        ("A or B", "unparsed", None),
        ("A man walks in", "unparsed", None),
        ("G", "unparsed", None),
        ("Because of this", "unparsed", None),
        ("", "unparsed", None),
    ],
)
def test_choice_reads_one_letter(text, outcome, extracted):
    found = choice(Problem(id="p", question="", answer="(B)"), Trace(id="t", problem_id="p", answer=text))
    assert (found.outcome, found.extracted) == (outcome, extracted)


def test_choice_needs_a_letter_as_reference():
    trace = Trace(id="t", problem_id="p", answer="B")
    assert choice(Problem(id="p", question="", answer="twelve"), trace).outcome == "unknown"
    assert choice(Problem(id="p", question="", answer="E"), trace, letters="ABCD").outcome == "unknown"
    with pytest.raises(LimbeckError, match="different letters"):
        choice(Problem(id="p", question="", answer="A"), trace, letters="AAB")
