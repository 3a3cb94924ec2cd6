"""Letters behind a number: units, names of things, or algebra; ``**`` as a power and as Markdown."""

from __future__ import annotations

import pytest
from answer_cases import ask, holds

LETTERS = [
    ("2", r"\boxed{2ab}", "wrong"),
    ("5", r"\boxed{5a-b}", "wrong"),
    ("6", r"\boxed{6xy}", "wrong"),
    ("100", r"\boxed{100 ab}", "wrong"),
    ("8", r"\boxed{8ab^2}", "wrong"),
    ("3", r"\boxed{3abc}", "wrong"),
    ("0", r"\boxed{2y-y-y}", "correct"),
    ("0", r"\boxed{2y-2y}", "correct"),
    ("2", r"\boxed{2y-y}", "wrong"),
    ("5", r"\boxed{5b-b}", "wrong"),
    ("3", r"\boxed{3ab/cd}", "wrong"),
    ("2", r"\boxed{2bx-y}", "wrong"),
    ("3ab-c", r"\boxed{3ac-b}", "wrong"),
    ("10", r"\boxed{10m}", "correct"),
    ("5", r"\boxed{5kg}", "correct"),
    ("5", r"\boxed{5cm^2}", "correct"),
    ("5", r"\boxed{5m/s}", "correct"),
    ("5", r"\boxed{5km/h}", "correct"),
    ("5", r"\boxed{5 apples}", "correct"),
    ("5", r"\boxed{5\text{ apples}}", "correct"),
    ("5", r"\boxed{5\text{apples}}", "correct"),
    ("5", r"\boxed{5apples}", "correct"),
    ("5", r"\boxed{5 men}", "correct"),
    ("5", r"\boxed{5 N}", "correct"),
    ("5", r"\boxed{5N}", "correct"),
    ("5", r"\boxed{5\,\mathrm{N}}", "correct"),
    ("5", r"\boxed{5~\text{kJ/mol}}", "correct"),
    ("12", r"\boxed{12 square units}", "correct"),
    ("12", r"\boxed{12x}", "wrong"),
    ("7", r"\boxed{7 pq}", "wrong"),
    ("7", r"\boxed{7 bc}", "wrong"),
    ("7", r"\boxed{7xyz}", "wrong"),
    ("2", r"\boxed{2 mn}", "wrong"),
    ("4", r"\boxed{4pq-rs}", "wrong"),
    ("2ab", r"\boxed{2ba}", "correct"),
    ("2ab", r"\boxed{2}", "wrong"),
    ("6xy", r"\boxed{6}", "wrong"),
    ("5m", r"\boxed{5}", "not wrong"),
    ("5m", r"\boxed{5}", "not correct"),
    ("10m", r"\boxed{m*10}", "correct"),
    ("5", r"\boxed{5a}", "wrong"),
    ("2", "2a", "wrong"),
    ("2", "2 a", "wrong"),
    ("2", "2e", "wrong"),
    ("2", "2i", "wrong"),
    ("2", "2k", "wrong"),
    ("2000", "2k", "correct"),
    ("2", "2n", "wrong"),
    ("2", r"2\pi", "wrong"),
    ("2", r"2\text{ab}", "wrong"),
    ("2", r"2\text{ units}", "correct"),
    ("2", "2 feet", "correct"),
    ("24 in", "2 feet", "correct"),
    ("2", "2 dollars", "correct"),
    ("0.5", "0.5 mol", "correct"),
    ("5", "5 cats", "correct"),
    ("5", "5 dB", "correct"),
    ("30", r"\boxed{30^\circ}", "correct"),
    ("30", r"\boxed{30 deg}", "correct"),
    ("9.8", r"\boxed{9.8\,\text{m/s}^2}", "correct"),
    ("9.8", r"\boxed{9.8\,\mathrm{m\,s^{-2}}}", "correct"),
    ("9.8", "9.8 m/s²", "correct"),
    ("9.8", "9.8 m/s^2", "correct"),
    ("100", r"\boxed{100\,\Omega}", "not wrong"),
    ("6", r"\boxed{6x+y}", "wrong"),
    ("6", r"\boxed{6-x}", "wrong"),
    ("3x", r"\boxed{3}", "wrong"),
    ("3", r"\boxed{3x}", "wrong"),
    ("3x", r"\boxed{x*3}", "correct"),
    ("5t", r"\boxed{5s}", "not correct"),
    ("4ab", r"\boxed{4}", "wrong"),
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), LETTERS)
def test_letters_are_units_only_where_they_are(gold, answer, wanted):
    assert holds(ask(gold, answer).outcome, wanted)


STARS = [
    ("10**6", r"\boxed{1000000}", "correct"),
    ("10**6", r"\boxed{60}", "wrong"),
    ("2**3", "8", "correct"),
    ("2**3", "6", "wrong"),
    ("x**2+1", r"\boxed{2x+1}", "wrong"),
    ("x**2+1", r"\boxed{x^2+1}", "correct"),
    ("2**(1/2)", r"\boxed{\sqrt2}", "correct"),
    ("2**-1", "1/2", "correct"),
    ("2**3**2", "512", "correct"),
    ("2**10", "1024", "correct"),
    ("10**10", r"\boxed{10000000000}", "correct"),
    ("131", "So it is 130+1 = **131**", "correct"),
    ("131", "= **131**", "correct"),
    ("B", "**B**", "correct"),
    ("8", "2 ** 3", "correct"),
    ("x**2 + y**2", "x^2+y^2", "correct"),
    ("(x+1)**2", "x^2+2x+1", "correct"),
    ("x**2*y**3", "x^2y^3", "correct"),
    ("3*x**2", r"\boxed{3x^2}", "correct"),
    ("x**2", r"\boxed{2x}", "wrong"),
]


@pytest.mark.parametrize(("gold", "answer", "wanted"), STARS)
def test_two_stars_are_a_power_between_operands(gold, answer, wanted):
    assert holds(ask(gold, answer).outcome, wanted)
