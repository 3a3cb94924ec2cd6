"""Decimal and thousands marks of all conventions."""

from __future__ import annotations

import pytest
from answer_cases import ask, holds

MARKS = [
    ("1234567", r"\boxed{1.234.567}", "correct"),
    ("1234.5", r"\boxed{1.234,5}", "correct"),
    ("1234.5", r"1\,234.5", "correct"),
    ("1234", "1 234", "correct"),
    ("1234.5", "1 234,5", "correct"),
    ("1234", "1'234", "correct"),
    ("1234.5", "1'234.5", "correct"),
    ("1234567", "12,34,567", "correct"),
    ("1234567", r"\boxed{12,34,567}", "correct"),
    ("0.125", r"\boxed{0{,}125}", "correct"),
    ("125", r"\boxed{0{,}125}", "wrong"),
    ("0.5", r"\boxed{0{,}5}", "correct"),
    ("1000", r"\boxed{1{,}000}", "correct"),
    ("1,22", "1.22", "correct"),
    ("1.22", "1,22", "correct"),
    ("0,125", r"\boxed{0.125}", "correct"),
    ("125", r"\boxed{0,125}", "wrong"),
    ("1234", "1,234", "correct"),
    ("1.234", "1,234", "unknown"),
    ("1,234", "1.234", "unknown"),
    ("1", "1,000", "unknown"),
    ("1,000", "1", "unknown"),
    ("2", "1,000", "wrong"),
    ("1234", "1.234", "unknown"),
    ("1.234", "1234", "unknown"),
    ("1234.56", "1.234,56", "correct"),
    ("1234567.89", "1.234.567,89", "correct"),
    ("3.5", "3,5", "correct"),
    ("3.5", "3,6", "wrong"),
    ("3, 5", "3,5", "correct"),
    ("(1000, 2000)", "(1,000, 2,000)", "correct"),
    ("(1,0,2,0)", "(1,000, 2,000)", "wrong"),
    ("(1,000, 2,000)", "(1,0,2,0)", "wrong"),
    ("(1000,2000)", "(1,000,2,000)", "correct"),
    (r"\{1000, 2000\}", r"\{1,000, 2,000\}", "correct"),
    ("1000, 2000", "1,000, 2,000", "correct"),
    ("1000, 2000", "1,000 and 2,000", "correct"),
    ("(1.5, 2.5)", "(1,5; 2,5)", "correct"),
    ("1234", "١٢٣٤", "correct"),
    ("12.5", "١٢٫٥", "correct"),
    ("1234", "١٬٢٣٤", "correct"),
    ("42", "४२", "correct"),
    ("42", "４２", "correct"),
    ("1234", "1 234", "correct"),
    ("1234", "1 234 €", "correct"),
    ("3.5", "3,5 kg", "correct"),
    ("0.5x", "0,5x", "correct"),
    ("50", "50€", "correct"),
    ("50", "€50", "correct"),
    ("50", "€ 50", "correct"),
    ("1,50", "1,5", "not wrong"),
    ("1250 g", "1.250 kg", "correct"),
    ("0.125", "0,125", "correct"),
    ("5", "5,0", "correct"),
    ("3.14159", "3,14159", "correct"),
    ("(3,4)", "（3，4）", "correct"),
    ("12", "3,4", "wrong"),
    ("(1,000, 2,000)", "(1000, 2000)", "correct"),
    ("(1.5, 2)", "(1,5; 2)", "correct"),
    ("1,000,000", "1000000", "correct"),
    ("1,000,000 dollars", "$1,000,000", "correct"),
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), MARKS)
def test_marks_of_all_conventions(gold, answer, wanted):
    assert holds(ask(gold, answer).outcome, wanted)


def test_a_mark_that_two_conventions_read_differently_keeps_equality_transitive():
    spellings = ["1234", "1,234", "1.234", "1.234,0", "1 234"]
    equal = {(a, b) for a in spellings for b in spellings if ask(a, b).outcome == "correct"}
    assert all((a, c) in equal for a, b in equal for d, c in equal if b == d)
    assert ("1234", "1,234") in equal
