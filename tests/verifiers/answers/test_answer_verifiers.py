"""Equality of mathematical answers: what means the same, what does not, and what cannot be told."""

from __future__ import annotations

from concurrent.futures import Future
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limbeck.answers.regions import same_region
from limbeck.answers.units import unit
from limbeck.errors import LimbeckError
from limbeck.expressions import witness
from limbeck.expressions.reading import read
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.math import math


def ask(
    verifier, gold: str | None, answer: str, question: str = "", meta: dict | None = None, **options
) -> Verdict:
    problem = Problem(id="p", question=question, answer=gold, meta=meta or {})
    found = verifier(problem, Trace(id="t", problem_id="p", answer=answer), **options)
    return found.result(timeout=30) if isinstance(found, Future) else found


SAME = r"""
(2,5) | 2<x<5
(2,5) | x\in(2,5)
x \in (2,5) | (2,5)
[2,5) | 2\le x<5
(-\infty,3) | x<3
x<3 | 3>x
[3,\infty) | x \geq 3
(2,\infty) | ]2,\infty[
(2, oo) | x>2
(-\infty,1)\cup(2,\infty) | x<1 \text{ or } x>2
(-\infty,1)\cup(2,\infty) | x < 1, x > 2
(2,5) | x>2 \text{ and } x<5
(-\infty,\infty) | \mathbb{R}
[0,1]\cup[1,2] | [0,2]
[2,5]\setminus\{3\} | [2,3)\cup(3,5]
(-\infty, -1) \cup (-1, 1) \cup (1, \infty) | x \neq \pm 1
[-\sqrt{2}, \sqrt{2}] | -\sqrt2\le x\le\sqrt2
\{x \mid x > 2\} | (2,\infty)
\{1,2\} | {2, 1}
\{1,1,2\} | \{2,1\}
\emptyset | \{\}
2 or 3 | 3 or 2
2, 3 | x = 2 or x = 3
\pm 2 | -2, 2
2 \pm \sqrt{3} | 2-\sqrt3, 2+\sqrt3
\begin{pmatrix}1&2\\3&4\end{pmatrix} | [[1,2],[3,4]]
\begin{pmatrix}1&2\\3&4\end{pmatrix} | \begin{array}{cc}1&2\\3&4\end{array}
\langle 1,2\rangle | (1,2)
(x,y)=(1,2) | (1,2)
x = 1, y = 2 | y = 2, x = 1
5 m/s | 18 km/h
12 cm^2 | 1200 square millimeters
1.5 h | 90 min
150 minutes | 2 hours and 30 minutes
5 feet 3 inches | 63 inches
50\% | 0.5
50 percent | 50%
1\frac12 | 1.5
-1 1/2 | -1.5
y=2x+1 | 2x-y+1=0
x=3 | 3
60^\circ | 60
\frac{\pi}{4} | 45^\circ
3:30 PM | 15:30
3:30 | 03:30
2 PM | 2:00 p.m.
6.02×10²³ | 6.02 x 10^{23}
\infty | +\infty
1000 | 1 000
e^{i\pi} | -1
(1+i)^2 | 2i
\sin 30^\circ | 1/2
\sqrt{6} | \sqrt{2}\sqrt{3}
x+\sqrt{0} | x
\frac{1}{1+\sqrt{2}} | \sqrt{2}-1
\frac{x^2-1}{x-1} | x+1
"""
DIFFERENT = r"""
(2,5) | 2<x\le5
(2,5) | 5<x<2
(1,3) | 1<x<2
(-\infty,3] | x<3
[0,1]\cup(1,2] | [0,2)
x \ne 1 | x > 1
\{1,2\} | \{1,2,3\}
2 or 3 | 2
2 or 3 | 2 or 4
x = 1, y = 2 | x = 2, y = 1
\begin{pmatrix}1&2\\3&4\end{pmatrix} | [[1,3],[2,4]]
5 m/s | 5 km/h
12 cm^2 | 12 mm^2
2 hours 30 minutes | 2 hours 15 minutes
0.5 | 50
3:30 PM | 3:30 AM
3:30 | 3:31
1:2 | 1:3
4343_6 | 4343_7
-\infty | \infty
A | a
\sqrt{6} | \sqrt{2}+\sqrt{3}
x^2 | 2^x
"""
UNDECIDED = r"""
x<3 | y<3
2 | 120 minutes
216 | 3 minutes and 36 seconds
12 m^2 | 12 m
3:30 | 3:30 PM
1:2 | 2:4
\frac{x}{2} | 1/2x
(1,2) | y=1, x=2
2 | 2 or 3
12 | 1 2
"""


def pairs(text: str) -> list[tuple[str, str]]:
    return [tuple(part.strip() for part in line.split(" | ")) for line in text.strip().splitlines()]  # type: ignore[misc]


@pytest.mark.parametrize(("gold", "answer"), pairs(SAME))
def test_math_accepts_what_means_the_same_whichever_is_the_reference(gold, answer):
    assert ask(math, gold, answer).outcome == "correct"
    assert ask(math, answer, gold).outcome == "correct"


@pytest.mark.parametrize(("gold", "answer"), pairs(DIFFERENT))
def test_math_refuses_what_means_something_else(gold, answer):
    assert ask(math, gold, answer).outcome == "wrong"


@pytest.mark.parametrize(("gold", "answer"), pairs(UNDECIDED))
def test_math_does_not_guess(gold, answer):
    found = ask(math, gold, answer)
    assert found.outcome in ("unknown", "unparsed")
    assert found.reason


def test_a_base_may_be_the_references_alone():
    assert ask(math, "101_2", "(101)_2").outcome == "correct"
    assert ask(math, "101_2", "101").outcome == "correct"
    assert ask(math, "101_2", "5").outcome == "wrong"
    assert ask(math, "101", "101_2").outcome == "unknown"
    assert ask(math, "A1_{16}", "A1").outcome == "correct"
    assert ask(math, "a_1", "a").outcome == "wrong"
    assert ask(math, "a_1", "a_2").outcome == "wrong"


def test_a_bare_percentage_depends_on_the_question():
    assert ask(math, "50", "50%", "What percentage is red?").outcome == "correct"
    assert ask(math, "50", "50%", "How many are red?").outcome == "unknown"
    assert ask(math, "0.5", "50%", "How many are red?").outcome == "correct"
    assert ask(math, "50", "0.5", "What percentage is red?").outcome == "wrong"


def test_tolerance_is_a_share_of_the_reference():
    assert ask(math, r"\pi", "3.14").outcome == "unknown"
    assert ask(math, r"\pi", "3.14", tolerance=0.001).outcome == "correct"
    assert ask(math, r"\pi", "3.2", tolerance=0.001).outcome == "wrong"
    assert ask(math, "200", "201", tolerance=0.005).outcome == "correct"
    assert ask(math, "200", "202", tolerance=0.005).outcome == "wrong"
    with pytest.raises(LimbeckError, match="tolerance"):
        ask(math, "1", "1", tolerance=1.5)


def compared(left: str, right: str) -> str:
    finding = witness.compare(left, right)
    return finding.kind if finding else "not read"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(-9, 9), min_size=2, max_size=4),
    st.integers(-9, 9).filter(bool),
    st.fractions(-5, 5, max_denominator=9),
)  # fmt: skip
def test_polynomials_equal_what_they_multiply_out_to(roots, factor, at):
    product = f"{factor}" + "".join(f"(x-({root}))" for root in roots)
    values = [factor]
    for root in roots:
        values = [a - root * b for a, b in zip([*values, 0], [0, *values], strict=True)]
    expanded = "+".join(f"({value})*x^{len(values) - 1 - power}" for power, value in enumerate(values))
    assert compared(product, expanded) == "equal"
    assert compared(product, expanded + "+1/7") == "different"
    value = sum(c * at ** (len(values) - 1 - power) for power, c in enumerate(values))
    number = f"({Fraction(value).numerator}/{Fraction(value).denominator})"
    at_value = product.replace("x", f"({at.numerator}/{at.denominator})")
    assert compared(at_value, number) == "equal"


@pytest.mark.parametrize("text", ["3 5", "(x", "x^", ""])
def test_what_is_no_expression_is_not_read(text):
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "otherwise", "kind"),
    [
        ("f(x)", "g(x)", "open"),
        ("1/2x", r"\frac{x}{2}", "ambiguous"),
        ("e^x", "x^e", "different"),
        ("x_1", "x_2", "different"),
        (r"\sin x", r"\cos x", "different"),
        ("2^{100}", "2^{100}+1", "different"),
        (r"2\frac{1}{2}", "5/2", "equal"),
        ("1/0", "0", "open"),  # it has no value
    ],
)
def test_expressions_that_are_no_polynomials_are_compared_too(text, otherwise, kind):
    assert compared(text, otherwise) == kind


ENDS = st.lists(
    st.tuples(st.integers(-4, 4), st.integers(1, 3), st.booleans(), st.booleans()), min_size=1, max_size=3
)
Ends = list[tuple[int, int, bool, bool]]


def written(ends: Ends) -> str:
    pieces = [f"{'[' if a else '('}{low}, {low + width}{']' if b else ')'}" for low, width, a, b in ends]
    return r" \cup ".join([*pieces, "[90, 99)"])


def held(ends: Ends) -> set[int]:
    """Quarter points in the union: with whole ends they tell any two regions apart."""
    return {
        x
        for x in range(-20, 40)
        for low, width, a, b in ends
        if 4 * low < x < 4 * (low + width) or (a and x == 4 * low) or (b and x == 4 * (low + width))
    }


@settings(max_examples=300, deadline=None)
@given(ENDS, ENDS)
def test_two_unions_are_the_same_region_when_they_hold_the_same_points(first, second):
    expected = held(first) == held(second)
    assert same_region(written(first), written(second), lambda a, b: a == b) is expected
    assert same_region(written(first), written(first[::-1]), lambda a, b: a == b) is True


def test_units_are_exact():
    assert unit("km/h") == ((("length", 1), ("time", -1)), Fraction(1000, 3600))
    assert unit("miles per hour") == unit("mph")
    assert unit("cubic centimeters") == unit("ml")
    assert unit("apples") is None
    assert unit("apples per day") is None
