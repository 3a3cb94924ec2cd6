r"""Sets with one member for every whole number: ``\frac{\pi}{2} + k\pi, k \in Z``, ``x \equiv 1 \pmod 4``.

Every member is a start plus multiples of a step. Two such sets are compared by their residues modulo a common
step, whatever the letter is called and however many progressions each is written in.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import lcm
from typing import Any

from msgspec import Struct

from limbeck.answers.shape import both_signs, split
from limbeck.expressions import forms
from limbeck.expressions.numerics import Floats, Undefined, is_constant, value
from limbeck.expressions.powers import PI
from limbeck.expressions.reading import read
from limbeck.expressions.sums import ONE, Quotient, add, constant, divide, fraction, multiply
from limbeck.expressions.tokens import Node, Unfit, number

_WHOLE = r"(?:(?:\\mathbb\s*)?\\?Z|(?:an?\s+|any\s+|some\s+|all\s+|the\s+set\s+of\s+)?integers?)"
_QUANTIFIED = re.compile(
    rf"(.+?)[\s,;:.(]*(?:\\mid|\||:|\bwhere|\bfor|\bwith)?(?:\s+(?:all|any|some|every|each))?\s*"
    rf"(?:([a-z])\s*(?:\\in|is|are|being)\s*{_WHOLE}|integers?\s+([a-z]))\s*\)?\s*(?:\\\}})?",
    re.S,
)
_CONGRUENT = re.compile(
    r"(?:[a-z]\s*\\equiv)?\s*([-\d,\s]+?|-?\d+(?:\s*(?:or|and|,)\s*-?\d+)*)\s*"
    r"(?:\\pmod|\\bmod|\(?\s*\\?mod)\s*\{?\s*(\d{1,9})\s*\}?\s*\)?"
)
_BUILT = re.compile(r"\\\{\s*[a-z]\s*(?:\\in\s*(?:\\?[RZ])\s*)?(?:\\mid|\||:)\s*(.+?)\s*\\\}", re.S)
_NAMED = re.compile(r"(?:[A-Za-z]|\\[a-z]+)\s*(?:=|\\in(?![a-z]))\s*(.+)", re.S)
_COUNTING = frozenset("knmlj")
_BOTH = re.compile(r"\\pm\s*(\d+)")
_MOST = 64


class Family(Struct):
    """Progressions: starts and steps, as trees without the letter."""

    starts: list[Node]
    steps: list[Node]


def same_family(gold: str, answer: str) -> bool | str | None:
    """Whether two tidy texts are the same family; ``"open"`` where that cannot be told, None where neither
    says that it is one."""
    told = [_quantified(gold), _quantified(answer)]
    if not any(told):
        return None
    degrees = ["degrees" in text for text in (gold, answer)]
    if degrees[0] != degrees[1] and "\\pi" not in gold + answer:
        gold, answer = gold.replace("degrees", ""), answer.replace("degrees", "")
    left, right = _family(gold), _family(answer)
    if left is None or right is None:
        return "open" if all(told) else None
    try:
        return _same(left, right)
    except (Unfit, Undefined, ZeroDivisionError):
        return "open"


def _quantified(text: str) -> bool:
    return bool(_QUANTIFIED.fullmatch(text) or ("\\equiv" in text and "mod" in text))


def _family(text: str) -> Family | None:
    text = _BOTH.sub(r"\1, -\1", text) if "\\equiv" in text else text
    if (congruent := _CONGRUENT.fullmatch(text)) and int(congruent[2]):
        residues = re.findall(r"-?\d+", congruent[1])
        step = number(int(congruent[2]))
        return Family([number(int(each)) for each in residues], [step] * len(residues))
    letter = ""
    if built := _BUILT.fullmatch(text):
        text = built[1]
    if quantified := _QUANTIFIED.fullmatch(text):
        text, letter = quantified[1], quantified[2] or quantified[3]
        text = text.removeprefix("\\{")
    parts = both_signs(split(re.sub(r"\s+(?:or|and)\s+", ", ", text.replace(";", ","))))
    family = Family([], [])
    for part in parts:
        bare = _NAMED.fullmatch(part)
        reading = read((bare[1] if bare else part).strip())
        if reading is None or reading.ways:
            return None
        name = letter or next(iter(reading.letters & _COUNTING), "")
        if not name or name not in reading.letters or (not letter and len(reading.letters) != 1):
            return None
        start = _at(reading.tree, name, 0)
        step = ("+", _at(reading.tree, name, 1), ("*", number(-1), start))
        if not forms.equal(reading.tree, ("+", start, ("*", step, ("sym", name)))):
            return None
        family.starts.append(start)
        family.steps.append(step)
    return family if parts else None


def _at(tree: Node, name: str, at: int) -> Node:
    if tree == ("sym", name):
        return number(at)
    return tuple(_at(part, name, at) if isinstance(part, tuple) else part for part in tree)


def _same(left: Family, right: Family) -> bool | str:
    unit = _form(left.steps[0])
    ratios = [fraction(divide(_form(step), unit)) for step in (*left.steps, *right.steps)]
    if any(not ratio for ratio in ratios):
        return "open"
    shares = [abs(ratio) for ratio in ratios if ratio]
    scale = lcm(*(share.denominator for share in shares))
    period = Fraction(lcm(*(int(share * scale) for share in shares)), scale)
    common = multiply(unit, (constant(period), ONE))
    residues = [
        _residues(left, shares[: len(left.steps)], unit, period),
        _residues(right, shares[len(left.steps) :], unit, period),
    ]
    near = False
    for each, other in (residues, residues[::-1]):
        for start in each:
            gaps = [_turns(start, candidate, common) for candidate in other]
            if not any(gap == 0 for gap in gaps):
                if not any(gap < 1e-3 for gap in gaps):
                    return False
                near = True
    return "open" if near else True


def _residues(family: Family, shares: list[Fraction], unit: Quotient, period: Fraction) -> list[Any]:
    starts: list[Any] = []
    for start, share in zip(family.starts, shares, strict=True):
        count = int(period / share)
        if len(starts) + count > _MOST:
            raise Unfit
        for turn in range(count):
            shift = multiply(unit, (constant(share * turn), ONE))
            starts.append((start, _value(start) + turn * float(share) * _worth(unit), shift))
    return starts


def _turns(first: Any, second: Any, common: Quotient) -> float:
    """How far two starts are from being whole numbers of periods apart; exactly 0 where that is proved."""
    try:
        gap = add(add(_form(first[0]), first[2]), _negative(add(_form(second[0]), second[2])))
        share = fraction(divide(gap, common))
    except Unfit:
        share = None
    if share is not None:
        away = share % 1
        return float(min(away, 1 - away))
    turns = (first[1] - second[1]) / _worth(common)
    away_from = abs(turns - round(turns))
    return 0.0 if away_from < 1e-11 else away_from


def _negative(quotient: Quotient) -> Quotient:
    return multiply(quotient, (constant(-1), ONE))


def _form(tree: Node) -> Quotient:
    made = forms.form(tree)
    if made is None:
        raise Unfit
    return made


def _value(tree: Node) -> float:
    if not is_constant(tree):
        return 0.0
    return float(value(tree, {}, Floats()).real)


def _worth(quotient: Quotient) -> float:
    exact = fraction(quotient)
    if exact is not None:
        return float(exact)
    turn = fraction(divide(quotient, (PI, ONE)))
    return float(turn) * 3.141592653589793 if turn is not None else float("nan")
