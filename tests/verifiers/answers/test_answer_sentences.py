"""Short statements, last lines, and spellings that only the reference explains."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.math import math


def ask(gold: str, answer: str, question: str = "") -> Verdict:
    problem = Problem(id="p", question=question, answer=gold)
    verdict = math(problem, Trace(id="t", problem_id="p", answer=answer))
    return verdict.result(timeout=30) if isinstance(verdict, Future) else verdict


def holds(outcome: str, wanted: str) -> bool:
    """Whether an outcome is the wanted one, or at least not the one that must not be."""
    return outcome != wanted.removeprefix("not ") if wanted.startswith("not ") else outcome == wanted


SENTENCES = [
    ("2, 3, 7", "The prime factors are 2, 3 and 7.", "correct"),
    ("Ann: 12, Bob: 9", "Bob: 9, Ann: 12", "correct"),
    ("Ann: 12, Bob: 9", "Ann: 9, Bob: 12", "not correct"),
    (r"12\pi", r"\boxed{12\pi \text{ square units}}", "correct"),
    (r"60^\circ", r"\boxed{60\text{ radians}}", "not correct"),
    ("4", "It is 4.", "correct"),
    ("4", "It's 4", "correct"),
    ("3.14", "pi is approximately 3.14", "correct"),
    (r"x \ge 5", "Therefore x ≥ 5 is the solution", "correct"),
    (r"x \ge 5", "Therefore x ≥ 5 is the solution.", "correct"),
    (r"x \ge 5", "x ≥ 6 is the solution", "wrong"),
    ("2x+3", "The derivative is $2x+3$.", "correct"),
    ("2x+3", "The derivative is $2x+4$.", "wrong"),
    ("2x", "So the derivative of $x^2$ is $2x$.", "correct"),
    ("(3,4)", "The center is the point $(3,4)$.", "correct"),
    ("5", "If $x=2$, then $y=5$.", "not wrong"),
    (
        r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
        "The inverse is:\n\\[\n\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}\n\\]",
        "correct",
    ),
    (
        r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
        r"The inverse is: $\begin{bmatrix}1&2\\3&4\end{bmatrix}$",
        "correct",
    ),
    (
        r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
        "The inverse is:\n\\begin{bmatrix}1&2\\\\3&4\\end{bmatrix}",
        "correct",
    ),
    ("42", "We compute.\nSo it goes.\n42", "correct"),
    ("42", "We compute 6*7.\n\n**42**", "correct"),
    ("42", "We compute 6*7.\n\n42.", "correct"),
    ("42", "6*7\n= 42", "correct"),
    ("55", "####: 55", "correct"),
    ("55", "#### : $55", "correct"),
    ("131", "...\n= **131**", "correct"),
    ("(3,4)", r"\boxed{A(3,4)}", "correct"),
    ("A(3,4)", r"\boxed{(3,4)}", "correct"),
    ("(3,4)", r"\boxed{A(4,3)}", "wrong"),
    ("(3,4)", r"\boxed{A = (3,4)}", "correct"),
    ("A(3,4), B(1,2)", "A(3,4), B(1,2)", "correct"),
    ("3:4", r"\boxed{3 \text{ to } 4}", "correct"),
    ("3:4", "3 to 4", "correct"),
    ("3 to 4", "3:4", "correct"),
    ("3:4", "4 to 3", "wrong"),
    ("3:4", "3/4", "not wrong"),
    ("3:4", "3 : 4", "correct"),
    ("3:4", "The ratio is 3 to 4.", "correct"),
    (r"\mathbb R", "all real numbers", "correct"),
    (r"\mathbb{R}", r"\boxed{\text{all real numbers}}", "correct"),
    (r"(-\infty,\infty)", r"\mathbb R", "correct"),
    (r"\mathbb{R}", r"x \in \mathbb{R}", "correct"),
    (r"\mathbb{R}", r"(-\infty, \infty)", "correct"),
    (r"\mathbb{R}", "All reals", "correct"),
    ("5.50", r"\boxed{550\text{ cents}}", "correct"),
    ("$5.50", "550 cents", "correct"),
    ("5.5", "550 cents", "not wrong"),
    ("5.50", "560 cents", "wrong"),
    ("550", "$5.50", "not wrong"),
    ("5.50", "$5.50", "correct"),
    ("36.87", "\\boxed{36^\\circ 52' 12\"}", "correct"),
    ("36.87", "\\boxed{36°52'12\"}", "correct"),
    ("36^\\circ 52' 12\"", "36.87", "correct"),
    ("36.5", r"\boxed{36^\circ 30'}", "correct"),
    ("36.5", r"\boxed{36^{\circ} 30^{\prime}}", "correct"),
    ("36.5", "36 degrees 30 minutes", "correct"),
    ("36.5", r"\boxed{37^\circ 30'}", "wrong"),
    ("18", r"Therefore, Janet makes \$18 every day at the farmers' market.", "correct"),
    ("18", "Therefore, Janet makes $18 every day at the farmers' market.", "correct"),
    ("18", "She has 16 - 3 - 4 = 9 eggs left.\nShe makes 9 * 2 = 18 dollars.", "correct"),
    ("18", "She has 16 - 3 - 4 = 9 eggs left.\nShe makes 9 * 2 = $18.", "correct"),
    ("17", "She has 16 - 3 - 4 = 9 eggs left.\nShe makes 9 * 2 = 18 dollars.", "wrong"),
    ("7", "prose or 7", "not correct"),
    ("7", r"\boxed{\text{prose or }7}", "not correct"),
    ("7", "maybe 8 or 7", "not correct"),
    ("8", "There are 5 cats and 3 dogs", "not wrong"),
    ("12", r"\boxed{\boxed{12}}", "correct"),
    ("85", "The answer is 85 (not 80).", "correct"),
    ("85", "So 85 it is", "not wrong"),
    ("85", "=> 85", "correct"),
    ("85", "∴ 85", "correct"),
    ("10", "The total comes to ten dollars.", "correct"),
    ("110", "The total comes to one hundred and ten dollars.", "correct"),
    ("1/2", "The answer is one half.", "correct"),
    ("2/3", "two-thirds", "correct"),
    ("1 in 6", r"\boxed{\frac16}", "correct"),
    ("A(1,2), B(3,4)", "B(3,4), A(1,2)", "correct"),
    ("A(1,2), B(3,4)", "B(1,2), A(3,4)", "wrong"),
    ("12", r"\boxed{\;12\;}", "correct"),
    ("12", r"\boxed{\underline{12}}", "correct"),
    ("12", "12 so far", "not wrong"),
    ("5", "x=5 or x=6", "not correct"),
    ("7", "either 6 or 7", "not correct"),
    ("7 or 8", "7 or 8", "correct"),
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), SENTENCES)
def test_what_a_sentence_says(gold, answer, wanted):
    assert holds(ask(gold, answer).outcome, wanted)


LETTERS = [
    ("C Cecile", "C", "correct"),
    ("C", "C Cecile", "not wrong"),
    ("C Cecile", "B", "wrong"),
    ("C Cecile", "Cecile", "not wrong"),
    ("B", "The correct option is **B**.", "correct"),
    ("B", "The correct option is **C**.", "wrong"),
    ("B", "The correct answer is option B.", "correct"),
    ("B", "答案选B", "correct"),
    ("B", "故选：B", "correct"),
    ("B", "正解はBです。", "correct"),
    ("B", "정답은 B입니다.", "correct"),
    ("B", "Правильный ответ: B", "correct"),
    ("B", "Die richtige Antwort ist B.", "correct"),
    ("B", "La bonne réponse est B.", "correct"),
    ("B", "La respuesta correcta es (B).", "correct"),
    ("B", "答案是 C", "wrong"),
    ("B", "The answer is **B**", "correct"),
    ("B", "**B**", "correct"),
    ("B", "**(B)**", "correct"),
    ("B", "**B. 42**", "not wrong"),
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), LETTERS)
def test_letters_of_options_in_sentences(gold, answer, wanted):
    assert holds(ask(gold, answer).outcome, wanted)
