"""Several boxes, several parts, boxes within formulas, and boxes taken back."""

from __future__ import annotations

import pytest
from answer_cases import ask, holds

from limbeck.answers.extract import find_answer

BOXES = [
    ("3, 5", r"The roots are $\boxed{3} \quad \text{and} \quad \boxed{5}$.", "correct"),
    ("3, 5", r"$\boxed{3}$ and $\boxed{5}$", "correct"),
    ("3, 5", r"\boxed{3}, \quad \boxed{5}", "correct"),
    ("3, 5", r"\[\boxed{3} \text{ or } \boxed{5}\]", "not wrong"),
    ("3, 5", "1. $\\boxed{3}$\n2. $\\boxed{5}$", "correct"),
    ("3, 5", "(a) $\\boxed{3}$\n\n(b) $\\boxed{5}$", "correct"),
    ("3, 5", "Part (a): The answer is \\boxed{3}.\n\nPart (b): After more work, \\boxed{5}.", "correct"),
    ("3, 6", "Part (a): \\boxed{3}.\n\nPart (b): we get \\boxed{5}.", "wrong"),
    (
        "3, 5",
        "First \\boxed{2}. Part (a): The answer is \\boxed{3}.\n\nPart (b): After more work, \\boxed{5}.",
        "unknown",
    ),
    ("x=2, y=3", r"$x=\boxed{2}$ and $y=\boxed{3}$", "correct"),
    ("x=3, y=2", r"$x=\boxed{2}$ and $y=\boxed{3}$", "wrong"),
    ("x=2, y=3", r"$y=\boxed{3}$ and $x=\boxed{2}$", "correct"),
    ("5", r"First \boxed{3} and then \boxed{5}", "correct"),
    ("3", r"\boxed{3} and \boxed{5}", "not correct"),
    ("5", r"\boxed{3} or \boxed{5}", "not correct"),
    ("12", r"\boxed{\frac{3}{x}} then \boxed{12}", "correct"),
    ("(2,3)", r"$x=\boxed{2}$, $y=\boxed{3}$", "correct"),
    ("(1,2),(3,4)", r"\boxed{(1,2)} \text{ and } \boxed{(3,4)}", "correct"),
    ("(1,2),(3,4)", r"\boxed{(1,2)} \text{ and } \boxed{(3,5)}", "wrong"),
    ("7", r"\boxed{7}$ $\boxed{7}", "correct"),
    ("6 and 8", r"\boxed{6} \text{ and } \boxed{8}", "correct"),
    ("6 and 8", r"\boxed{8}", "not correct"),
    ("13", "**Final Answer**\n\\boxed{12}\n\nActually, the final answer should be 13.", "correct"),
    ("12", "**Final Answer**\n\\boxed{12}\n\nActually, the final answer should be 13.", "not correct"),
    ("13", "\\boxed{12}\n\nWait, I made a mistake. It should be 13.", "correct"),
    ("13", "\\boxed{12}\n\nCorrection: 13", "correct"),
    ("12", "\\boxed{12}\n\nWait, let me double check: 3*4 = 12. Yes.", "correct"),
    ("13", "\\boxed{12}\nOops, the correct value is 13.", "correct"),
    ("13", "#### 12\nSorry, the answer should be 13.", "correct"),
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), BOXES)
def test_boxes_are_the_parts_of_one_answer(gold, answer, wanted):
    assert holds(ask(gold, answer).outcome, wanted)


OPERANDS = [
    ("5", r"$x=-\boxed{5}$", "not correct"),
    ("-5", r"$x=-\boxed{5}$", "correct"),
    ("5", r"$\boxed{5}\pi$", "not correct"),
    (r"5\pi", r"$\boxed{5}\pi$", "correct"),
    ("5", r"$\sqrt{\boxed{5}}$", "not correct"),
    ("5", r"$\boxed{5}^2$", "not correct"),
    ("25", r"$\boxed{5}^2$", "correct"),
    ("10", r"$2\cdot\boxed{5}$", "correct"),
    (r"\frac12", r"$\frac{\boxed{1}}{\boxed{2}}$", "correct"),
    ("5", r"$x\neq\boxed{5}$", "not correct"),
    ("5", r"$x>\boxed{5}$", "not correct"),
    ("x>5", r"$x>\boxed{5}$", "correct"),
    ("15", r"$\boxed{3}\cdot\boxed{5}$", "correct"),
    ("12", r"$A = \frac12\cdot 6\cdot 4 = \boxed{12}$", "correct"),
    ("12", r"$A = \boxed{12}^\circ$", "correct"),
    ("12", r"$\boxed{12}\text{ cm}$", "correct"),
    ("12", r"Answer - $\boxed{12}$", "correct"),
    ("12", r"- $\boxed{12}$", "correct"),
    ("12", r"- \boxed{12}", "correct"),
    ("x^2", r"$\boxed{x^2} + C$", "not correct"),
    ("10", r"Part 1: $\boxed{10}$. Part 2: $\boxed{12}$.", "not wrong"),
    ("12", r"*Answer*: \boxed{12}", "correct"),
    ("12", r"x = 3 + 9 = \boxed{12}", "correct"),
    ("12", r"the sum of 3 and -\boxed{12}", "not wrong"),
    ("12", r"**Answer:** -> \boxed{12}", "correct"),
    ("12", r"= \boxed{12}", "correct"),
    ("12", r"$\Rightarrow \boxed{12}$", "correct"),
    ("12", r"$\boxed{12}$-th", "not wrong"),
    ("12", r"7. \boxed{12} / day", "not wrong"),
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), OPERANDS)
def test_a_box_within_a_formula_is_its_operand(gold, answer, wanted):
    assert holds(ask(gold, answer).outcome, wanted)


PARTS = "(a) Find the perimeter. (b) Find the area."


def test_the_box_of_one_part_is_no_wrong_answer_to_all():
    assert ask("12, 35", r"Part (b): the area is \boxed{35}.", PARTS).outcome == "unknown"
    assert ask("x=2, y=-1", r"Thus $y=\boxed{-1}$.").outcome == "unknown"
    assert ask("(a) 29 (b) 24", "(a) \\boxed{29}.\n\n(b) \\boxed{24}.", PARTS).outcome == "correct"


def test_one_value_of_several_is_wrong():
    assert ask("3, 5", r"\boxed{5}").outcome == "wrong"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"So x = -\boxed{5}", "-5"),
        (r"That is $\boxed{5}^2$", "5^2"),
        (r"Of \boxed{5} -- all of them", "5"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{x \} y}", r"x \} y"),
    ],
)
def test_what_a_box_holds_and_is_an_operand_of(text, answer):
    assert find_answer(text) == answer
