"""What runs in a worker: two answers compared by Math-Verify and SymPy, without any time limit of their own.

Math-Verify (Kydlíček, Face 2025) alone rounds to six decimals (``3.1415927`` = π), answers "not equal" for what it
cannot read and swallows its own timeouts; here numbers are compared to 25 digits and failures are told apart.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from limbeck.verifiers._compare import NeedsAlgebra, Unsure, cheap, same
from limbeck.verifiers._normal import quantity

_HUGE = [
    re.compile(r"\^\s*\{?\s*[-(]*\s*\d{5,}"),  # 7^{50000000}
    re.compile(r"\d\s*\)?\s*\^\s*\{?\s*\(?\d+\s*\)?\s*\^"),  # 10^{10^{10}}
    re.compile(r"\d{5,}\s*\)?\s*!|!\s*\)?\s*!"),
    re.compile(r"\\d?binom\s*\{\s*\d{5,}"),
]
_DEPTH = 25
_DIGITS = 25


def too_big(text: str) -> bool:
    """Whether evaluating a text could take for ever: huge powers, factorials and binomials."""
    return any(pattern.search(text) for pattern in _HUGE)


def too_deep(text: str) -> bool:
    """Whether brackets are nested deeper than any answer of a person."""
    if text.count("(") + text.count("[") + text.count("{") <= _DEPTH:
        return False
    depth = deepest = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        deepest = max(deepest, depth)
    return deepest > _DEPTH


def compare(golds: list[str], answer: str, free: bool) -> tuple[str, str]:
    """Outcome and reason for an answer against all accepted references (tidy texts); the best outcome counts."""
    logging.getLogger("math_verify").setLevel(logging.ERROR)  # it warns that its own time limits are off, as wanted
    results = []
    for gold in golds:
        try:
            equal = same(gold, answer, leaf, free)
            results.append(("correct", f"{answer} = {gold}") if equal else ("wrong", f"{answer} is not {gold}"))
        except NeedsAlgebra:
            results.append(_whole(gold, answer))
        except Unsure as unsure:
            results.append((unsure.outcome, unsure.reason))
        if results[-1][0] == "correct":
            return results[-1]
    return next((result for result in results if result[0] != "wrong"), results[0])


def _whole(gold: str, answer: str) -> tuple[str, str]:
    """An interval against an inequality: shapes differ, yet they may mean the same."""
    try:
        equal = _algebra(gold, answer)
    except Unsure as unsure:
        return unsure.outcome, unsure.reason
    return ("correct", f"{answer} = {gold}") if equal else ("wrong", f"{answer} is not {gold}")


def leaf(gold: str, answer: str) -> bool:
    """Compare two parts, cheaply where that is enough."""
    try:
        return cheap(gold, answer)
    except NeedsAlgebra:
        return _algebra(gold, answer)


def _read(text: str) -> Any:
    """The SymPy expression of a text, or None where it is none."""
    from latex2sympy2_extended.latex2sympy2 import NormalizationConfig
    from math_verify import parse
    from math_verify.parser import LatexExtractionConfig

    text = text.replace("degrees", r"\cdot \pi / 180")
    text = re.sub(r"(\\(?:sin|cos|tan|cot|sec|csc|log|ln))\s*\^\s*(\w)", r"\1^{\2}", text)
    # Units are read already; left to the parser, the t of \\sin t would be a ton.
    config = NormalizationConfig(
        basic_latex=True, units=False, malformed_operators=True, nits=True, boxed="none", equations=False
    )
    parsed = parse(f"${text}$", [LatexExtractionConfig(normalization_config=config)], parsing_timeout=None)
    return next((expression for expression in parsed if not isinstance(expression, str)), None)


def _algebra(gold: str, answer: str) -> bool:
    from math_verify import verify

    if ("degrees" in gold) != ("degrees" in answer) and r"\pi" not in gold + answer:
        gold, answer = gold.replace("degrees", ""), answer.replace("degrees", "")
    left = _read(gold)
    if left is None:
        raise Unsure(f"the reference {gold!r} cannot be read as mathematics")
    right = _read(answer)
    if right is None:
        raise Unsure(f"the answer {answer!r} cannot be read as mathematics", "unparsed")
    if _is_number(left) and _is_number(right):
        return _numbers(left, right, gold, answer)
    return bool(
        verify(left, right, timeout_seconds=None, raise_on_error=True, allow_set_relation_comp=True, float_rounding=12)
    )


def _is_number(expression: Any) -> bool:
    from sympy import Expr

    return isinstance(expression, Expr) and not expression.free_symbols and expression.is_number is not False


def _numbers(left: Any, right: Any, gold: str, answer: str) -> bool:
    """Equal to 25 digits. Written decimals are exact: 3.1415927 is not π, it is π rounded."""
    from sympy import Float, Rational

    left, right = (
        side.xreplace({number: Rational(str(number)) for number in side.atoms(Float)}) for side in (left, right)
    )
    if left == right:
        return True
    distance = abs((left - right).evalf(_DIGITS + 5, chop=True, maxn=400))
    size = abs(left.evalf(_DIGITS))
    if not (distance.is_Float or distance.is_Integer or distance.is_zero or distance.is_Rational):
        raise Unsure(f"{answer} and {gold} cannot be evaluated")
    if distance <= max(size, 1) * 10 ** -Rational(_DIGITS):
        return True
    for written in (quantity(answer), quantity(gold)):
        if written and written.digits and written.significant >= 3 and distance * 10**written.digits <= 1:
            raise Unsure(f"{answer} and {gold} agree up to rounding")
    return False
