"""Wrong only by a witness; exact reading, rounding, families, relations and structures."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.math import math


def ask(gold: str, answer: str, question: str = "", **options) -> Verdict:
    verdict = math(
        Problem(id="p", question=question, answer=gold),
        Trace(id="t", problem_id="p", answer=answer),
        **options,
    )
    return verdict.result(timeout=60) if isinstance(verdict, Future) else verdict


def pairs(text: str) -> list[tuple[str, ...]]:
    return [tuple(part.strip() for part in line.split(" | ")) for line in text.strip().splitlines()]


SAME = r"""
\sqrt{\frac{2gh}{m}} | \frac{\sqrt{2ghm}}{m}
\log_5(p)+\log_5(q) | \log_5(pq)
3\ln u | \ln u^3
\ln\frac{p}{q} | \ln p - \ln q
\frac{1}{p-1}-\frac{1}{p+1} | \frac{2}{p^2-1}
9^{t} | 3^{2t}
\sin 4u | 2\sin 2u\cos 2u
\sqrt{u^2-6u+9} | |u-3|
\arccos x | \frac{\pi}{2}-\arcsin x
\frac{(m+2)!}{m!} | (m+1)(m+2)
0.4\overline{12} | \frac{68}{165}
2.\dot{7} | \frac{25}{9}
0.1(54) | \frac{17}{110}
0.7272\ldots | \frac{8}{11}
\sqrt[5]{-32} | -2
9!! | 945
\gcd(84, 36) | 12
\operatorname{lcm}(\frac{3}{4}, 5) | 15
\operatorname{gcd}(18, 27y) | 9
\min\{7, 2\pi\} | 2\pi
\lg 1000 | 3
{}^7C_3 | 35
0x2B | 43
-7 \bmod 3 | 2
\lceil -2.4 \rceil | -2
-4x>12 | x<-3
x^2-x-6\le 0 | [-2,3]
|2x+1|<5 | (-3,2)
2x+4y<6 | x+2y<3
\{1,3\}\cup\{3,5\} | \{5,1,3\}
\{1,2,\ldots,6\} | \{1,2,3,4,5,6\}
\{2,4,6\}\cap\{4,6,8\} | \{4,6\}
\{n \in \mathbb{Z} \mid 2 < n \le 5\} | \{3,4,5\}
\text{all real numbers except } 7 | x \ne 7
5x-2y=10 | y=\frac52x-5
(u-2)^2+v^2=9 | u^2+v^2-4u=5
\frac{\pi}{6}+2k\pi, k\in\mathbb{Z} | x=2n\pi+\frac{\pi}{6},\ n\in\mathbb{Z}
\frac{\pi}{4}+\frac{m\pi}{2}, m\in\mathbb{Z} | \frac{\pi}{4}+k\pi, -\frac{\pi}{4}+k\pi, k\in\mathbb{Z}
n \equiv 2 \pmod 7 | n = 7j-5, j \in \mathbb{Z}
h(x)=x^3-x | h(s)=s^3-s
u=4,v=1;u=6,v=1 | (4,1),(6,1)
b=7,-2,1 | -2, 1, 7
(2,9),(9,2) | (9,2),(2,9),(2,9)
\begin{cases}x=4\\y=1\end{cases} | (4,1)
\frac{1}{3}\begin{pmatrix}6\\-1\end{pmatrix} | \begin{pmatrix}2\\-\frac13\end{pmatrix}
P(2,5) | (2,5)
7\sqrt{2}\text{ meters} | 7\sqrt2
2^{3^2} | 512
"""
DIFFERENT = r"""
\ln(p+q) | \ln p+\ln q
\sqrt{p^2+q^2} | p+q
|u| | u
2^{n+1} | 2^n
x>2 | 3x>9
x^2<16 | (-5,5)
\{\{2\},\{3\}\} | \{2,3\}
\{4\} | \{\{4\}\}
\{\emptyset\} | \emptyset
\frac{\pi}{6}+2k\pi, k\in\mathbb{Z} | \frac{\pi}{6}+k\pi, k\in\mathbb{Z}
n \equiv 2 \pmod 7 | n = 7j+5, j \in \mathbb{Z}
u^2+v^2=9 | u^2+v^2=16
x+3=8 | 6
\begin{pmatrix}1/3\\5\end{pmatrix} | \begin{pmatrix}0.3333\\6\end{pmatrix}
(\sqrt3, \frac13) | (1.732, 0.4333)
3 | \sqrt[3]{-27}
1,1,4 | 1,4,4
u=4,v=1;u=6,v=1 | (4,1),(6,2)
\frac34 x | 0.76x
"""
OPEN = r"""
[\frac{2}{7}, 1) | [0.2857, 1)
\begin{pmatrix}\sqrt5\\2\end{pmatrix} | \begin{pmatrix}2.236\\2\end{pmatrix}
y=\frac{5}{7}x | y=0.714x
\frac{1}{640} | 1.563\times 10^{-3}
6.022\times10^{23} | 602214076000000000000000
\frac{5}{6} | 83.3\%
\frac{2}{3} | 0.67
(x^4)^{1/4}y | xy
\frac{x^2}{2}+C | \frac{x^2}{2}
\frac{\sin^2 x}{2}+C | C-\frac{\cos 2x}{4}
k\pi | n\pi
2,5 | 2,2,5
36\pi | 113.04
"""


@pytest.mark.parametrize(("gold", "answer"), pairs(SAME))
def test_equal_whichever_is_the_reference(gold, answer):
    assert ask(gold, answer).outcome == "correct"
    assert ask(answer, gold).outcome == "correct"


@pytest.mark.parametrize(("gold", "answer"), pairs(DIFFERENT))
def test_different_whichever_is_the_reference(gold, answer):
    assert ask(gold, answer).outcome == "wrong"
    assert ask(answer, gold).outcome == "wrong"


@pytest.mark.parametrize(("gold", "answer"), pairs(OPEN))
def test_what_rounding_or_a_convention_decides_is_left_open(gold, answer):
    assert ask(gold, answer).outcome == "unknown"


def test_the_witness_is_named():
    reason = ask("x^2", "2x+1").reason
    assert reason.startswith("2x+1 is not x^2: at x = ")
    at, values = reason.split("at x = ")[1].split(" they are ")
    answer, gold = (float(value) for value in values.split(" and "))
    assert answer == pytest.approx(2 * float(at) + 1, rel=1e-4)
    assert gold == pytest.approx(float(at) ** 2, rel=1e-4)


def test_an_irrational_answer_with_the_digits_of_the_reference_is_correct():
    assert ask("y + 2.236", r"y + \sqrt5").outcome == "correct"
    assert ask("y + 2.24", r"y + \sqrt5").outcome == "unknown", "three digits are too few"
    assert ask("y + 2.237", r"y + \sqrt5").outcome == "unknown", "2.236 is nearer"
    assert ask("0.3333", r"\frac13").outcome == "unknown", "a rational number may be meant exactly"


def test_a_tolerance_holds_at_every_point():
    assert ask("3x", "3.01x", tolerance=0.01).outcome == "correct"
    assert ask("3x", "3.1x", tolerance=0.01).outcome == "wrong"


def test_a_parameter_has_any_name_where_all_solutions_are_asked_for():
    assert ask(r"\frac{k\pi}{3}", r"x=\frac{m\pi}{3}", "Find all real solutions.").outcome == "correct"
    assert ask("(4t, 3t)", "(4k, 3k)", "Simplify.").outcome == "unknown"
    assert ask("C_1e^{2x}+C_2", "A+Be^{2x}").outcome == "correct"
    assert ask("43", "101011_2").outcome == "correct"


@pytest.mark.parametrize(
    ("gold", "answer"), [(r"\sqrt{2}+1", "1+2^{1/2}"), ("y=3x", "6x-2y=0"), (r"\ln 6", r"\ln 2+\ln 3")]
)
def test_what_is_decided_exactly_asks_no_worker(gold, answer, monkeypatch):
    monkeypatch.setattr("limbeck.verifiers.answers.math.in_worker", None)
    assert ask(gold, answer).outcome == "correct"
    assert ask(gold, f"{answer}+1").outcome in ("wrong", "unknown")
