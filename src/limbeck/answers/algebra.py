"""What runs in a worker: two answers compared by Math-Verify and SymPy, without any time limit of their own.

Math-Verify (Kydlíček, Face 2025) alone rounds to six decimals (``3.1415927`` = π), answers "not equal" for
what it cannot read and swallows its own timeouts; here numbers are compared to 400 digits and failures are
told apart.
"""

from __future__ import annotations

import logging
import re
from functools import partial
from typing import Any

from limbeck.answers.normal import quantity
from limbeck.answers.parts import cheap
from limbeck.answers.rules import Difference, Equality, NeedsAlgebra, Rules, Unsure, told
from limbeck.answers.structures import same
from limbeck.expressions.reading import read

_SIDE_BY_SIDE = re.compile(r"\d \d")
# 1/2x is x/2 to some and 1/(2x) to others, 2\\frac{1}{2}x a product or a mixed number.
_AMBIGUOUS = re.compile(r"/\s*\d+\s*[a-zA-Z\\(]|\d\s*\\frac\s*\{\s*\d+\s*\}\s*\{\s*\d+\s*\}\s*[a-zA-Z\\(]")
_COMPUTED = re.compile(r"\\(?:i?int|oint|sum|prod|lim)(?![a-z])")
_DIGITS = 30
_TRIALS = (2, 1, 3, 5)


def compare(golds: list[str], answer: str, rules: Rules) -> tuple[str, str]:
    """Outcome and reason for an answer against all accepted references (tidy texts); the best outcome
    counts."""
    logging.getLogger("math_verify").setLevel(
        logging.ERROR
    )  # it warns that its own time limits are off, as wanted
    results = []
    for gold in golds:
        try:
            equal = same(gold, answer, partial(leaf, rules=rules), rules.free, rules.counted)
            results.append(told(equal, gold, answer))
        except NeedsAlgebra:
            results.append(_whole(gold, answer, rules))
        except Unsure as unsure:
            results.append((unsure.outcome, unsure.reason))
        if results[-1][0] == "correct":
            return results[-1]
    return next((result for result in results if result[0] != "wrong"), results[0])


def _whole(gold: str, answer: str, rules: Rules) -> tuple[str, str]:
    """An interval against an inequality: shapes differ, yet they may mean the same."""
    try:
        equal = _algebra(gold, answer, rules)
    except Unsure as unsure:
        return unsure.outcome, unsure.reason
    return told(equal, gold, answer)


def leaf(gold: str, answer: str, rules: Rules) -> Equality:
    """Compare two parts, cheaply where that is enough."""
    try:
        return cheap(gold, answer, rules)
    except NeedsAlgebra:
        return _algebra(gold, answer, rules)


def _read(text: str) -> Any:
    """The SymPy expression of a text, or None where it is none."""
    from latex2sympy2_extended.latex2sympy2 import NormalizationConfig
    from math_verify import parse
    from math_verify.parser import LatexExtractionConfig
    from sympy import Expr, I

    text = re.sub(r"(\d+(?:\.\d+)?)\s*degrees", r"(\1 \\cdot \\pi / 180)", text)
    text = text.replace("degrees", r"\cdot \pi / 180")
    text = re.sub(r"(\\(?:sin|cos|tan|cot|sec|csc|log|ln))\s*\^\s*(\w)", r"\1^{\2}", text)
    # Units are read already; left to the parser, the t of \\sin t would be a ton.
    config = NormalizationConfig(
        basic_latex=True, units=False, malformed_operators=True, nits=True, boxed="none", equations=False
    )
    parsed = parse(f"${text}$", [LatexExtractionConfig(normalization_config=config)], parsing_timeout=None)
    value = next((each for each in parsed if not isinstance(each, str)), None)
    if not isinstance(value, Expr):
        return value
    # A letter i is the imaginary unit; the parser takes it for a name.
    named = [symbol for symbol in value.free_symbols if symbol.name == "i"]
    return value.subs(named[0], I) if named else value


def _algebra(gold: str, answer: str, rules: Rules) -> Equality:
    from math_verify import verify

    if _SIDE_BY_SIDE.search(answer):
        raise Unsure(f"the answer {answer!r} is several numbers side by side", "unparsed")
    angle = ("degrees" in gold) != ("degrees" in answer) and not re.search(
        r"\\(?:pi|sin|cos|tan|cot|sec|csc)", gold + answer
    )
    if angle:  # 60 degrees is 60, for the question spoke of degrees
        gold, answer = gold.replace("degrees", ""), answer.replace("degrees", "")
    left = _read(gold)
    if left is None:
        raise Unsure(f"the reference {gold!r} cannot be read as mathematics")
    right = _read(answer)
    if right is None:
        raise Unsure(f"the answer {answer!r} cannot be read as mathematics", "unparsed")
    if _is_number(left) and _is_number(right):
        return _numbers(left, right, gold, answer, rules)
    equal = bool(
        verify(
            left,
            right,
            timeout_seconds=None,
            raise_on_error=True,
            allow_set_relation_comp=True,
            float_rounding=12,
        )
    )
    if not equal and _AMBIGUOUS.search(f"{gold};{answer}"):
        raise Unsure(f"{gold} or {answer} can be read in two ways")
    return equal or _witness(left, right, gold, answer)


def _witness(left: Any, right: Any, gold: str, answer: str) -> Difference:
    """The point at which two expressions differ; computer algebra alone may only have failed to see why not.

    Raises:
        Unsure: there is no such point among those tried, or they are no expressions.
    """
    from sympy import Expr, Rational

    unproved = Unsure(f"{answer} and {gold} are neither proved equal nor told apart at any point")
    # Points were tried already where both are read here; what is no sum or integral SymPy may have misread.
    computed = _COMPUTED.search(gold + answer) and not (read(gold) and read(answer))
    if not (computed and isinstance(left, Expr) and isinstance(right, Expr)):
        raise unproved
    letters = sorted(left.free_symbols | right.free_symbols, key=str)
    for trial in _TRIALS:
        point = {letter: trial + Rational(place, 7) for place, letter in enumerate(letters)}
        first, second = (side.subs(point).evalf(_DIGITS) for side in (left, right))
        if not all(side.is_Number and side.is_finite for side in (first, second)):
            continue
        if abs(first - second) > 1e-9 * max(abs(first), abs(second), 1):
            where = ", ".join(f"{letter} = {float(at):.6g}" for letter, at in point.items())
            return Difference(f"at {where} they are {float(second):.6g} and {float(first):.6g}")
    raise unproved


def _is_number(expression: Any) -> bool:
    from sympy import Expr

    return isinstance(expression, Expr) and not expression.free_symbols and expression.is_number is not False


def _numbers(left: Any, right: Any, gold: str, answer: str, rules: Rules) -> bool:
    """Equal as far as 400 digits tell. Written decimals are exact: 3.1415927 is not π, it is π rounded."""
    from sympy import Float, Rational

    def exact(side: Any) -> Any:
        """A side with its decimals as the fractions they are written as."""
        return side.xreplace({number: Rational(str(number)) for number in side.atoms(Float)}).doit()

    left, right = exact(left), exact(right)
    if left == right:
        return True
    distance, size = abs((left - right).evalf(_DIGITS, maxn=400)), abs(left.evalf(_DIGITS))
    if not (distance.is_Float or distance.is_Integer or distance.is_zero or distance.is_Rational):
        raise Unsure(f"{answer} and {gold} cannot be evaluated")
    # A difference of precision 1 has no digit that is known: it is zero.
    if distance.is_zero or getattr(distance, "_prec", 0) == 1 or distance <= size * rules.tolerance:
        return True
    for written in (quantity(answer), quantity(gold)):
        if written and written.digits and written.significant >= 3 and distance * 10**written.digits <= 1:
            raise Unsure(f"{answer} and {gold} agree up to rounding")
    return False
