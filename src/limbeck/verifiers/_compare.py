"""Compares two answers by their shape first (tuple, set, list, union, matrix), then part by part.

The order of a tuple counts, that of a set does not, and a tuple is not a set: an algebra system asked about the whole
would mix these up. Parts are compared by a function given from outside: a cheap exact one in the caller's process, one
backed by an algebra system in a worker.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from limbeck.verifiers._normal import quantity, squeeze
from limbeck.verifiers._parts import PROSE, NeedsAlgebra, Unsure
from limbeck.verifiers._regions import same_region
from limbeck.verifiers._shape import named, shape

Leaf = Callable[[str, str], bool]
_DEFINES = re.compile(r"((?:[A-Za-z]|\\[a-z]+)(?:_\w)?(?:\(\w\))?)\s*(?:=|\\in(?![a-z]))\s*([^=<>]+)")
_CONDITION = re.compile(r"\b(?:where|when|if|for)\b")
_NOT_PLAIN = re.compile(_CONDITION.pattern + r"|\\(?!frac)[a-zA-Z]|(?<![A-Za-z])[a-zA-Z](?![A-Za-z])")
_NUMBERS = re.compile(r"\$?-?(?:\\frac\{-?\d+\}\{\d+\}|\d+/\d+|\d+(?:,\d{3})*(?:\.\d+)?)%?")
_INEQUALITY = re.compile(r"[<>]|\\(?:[lg]e|ne)(?![a-z])")
_TOGETHER = re.compile(r"\(\s*[A-Za-z](?:\s*,\s*[A-Za-z])+\s*\)\s*=\s*(\(.*\))", re.S)
_LIST_LIMIT = 100


def reading(text: str) -> str:
    """What a tidy answer says: ``Sally has 9 books`` is ``9 books``, ``x=2 or x=3`` is ``x=2, x=3``.

    ``or`` makes a set, for alternatives have no order, ``and`` a list. Inequalities, and a sentence with several
    different numbers, are returned as they are.
    """
    if _INEQUALITY.search(text):
        return text
    listed = re.sub(r",?\s+(?:or|and)\s+", ", ", text)
    if listed != text and not PROSE.search(listed):
        return rf"\{{{listed}\}}" if re.search(r"\sor\s", text) else listed
    if quantity(text) or not re.search(r"\d", text):
        return text
    if "=" in text and quantity(last := text.rsplit("=", 1)[1].strip()) and not _NOT_PLAIN.search(text):
        return last  # 12 * 12 + 5 = 149
    if not PROSE.search(text) or _CONDITION.search(text) or re.search(r"\\(?!frac)[a-zA-Z]", text):
        return text
    numbers = _NUMBERS.findall(text)
    if len(set(numbers)) == 1:
        return text[text.rindex(numbers[0]) :] if quantity(text[text.rindex(numbers[0]) :]) else numbers[0]
    return text


def same(gold: str, answer: str, leaf: Leaf, free: bool = False) -> bool:
    """Whether two answers are equal, by shape and then part by part.

    Args:
        gold: the reference, tidy.
        answer: what was found in the trace, tidy.
        leaf: compares two parts that are neither tuple nor list.
        free: whether a bare list ``2, 3`` may come in any order.

    Raises:
        Unsure, NeedsAlgebra: from ``leaf`` or where shapes cannot be compared.
    """
    if squeeze(gold) == squeeze(answer):
        return True
    if _CONDITION.search(gold):
        raise Unsure("the reference states a condition")
    if (region := same_region(gold, answer, leaf)) is not None:
        return region
    gold, answer = _undefine(gold, answer)
    (kind, golds), (other, answers) = shape(gold), shape(answer)
    if kind == other == "one":
        return leaf(golds[0], answers[0])
    if "one" in (kind, other):
        return _one_against_many(gold, kind, golds, answer, other, answers, leaf)
    if max(len(golds), len(answers)) > _LIST_LIMIT:
        raise Unsure(f"a list of more than {_LIST_LIMIT} parts")
    kinds = {kind, other}
    if kinds <= {"list", "()"} and (by_name := _by_name(golds, answers)):
        golds, answers = by_name
    if "set" in kinds and kinds <= {"set", "list"}:
        return _within(golds, answers, leaf) and _within(answers, golds, lambda one, two: leaf(two, one))
    if kinds == {"union"} or (kinds == {"list"} and free):
        return len(golds) == len(answers) and _match(golds, answers, leaf, free)
    if kind == other or kinds == {"list", "()"}:
        pairs = zip(golds, answers, strict=False)
        return len(golds) == len(answers) and all(same(g, a, leaf, free) for g, a in pairs)
    if kinds == {"()", "[]"} and len(golds) != 2:
        raise Unsure("brackets of another kind")
    if any(kind.startswith("matrix") for kind in kinds):
        raise Unsure("a matrix against a tuple or list")
    return False


def _by_name(golds: list[str], answers: list[str]) -> tuple[list[str], list[str]] | None:
    """Values in one order where both sides name them, ``y = 2, x = 1``; None where names do not matter.

    Raises:
        Unsure: only one side names them, and not in alphabetical order.
    """
    left, right = named(golds), named(answers)
    if left and right and set(left) == set(right):
        return list(left.values()), [right[name] for name in left]
    for names in (left, right):
        if names and not (left and right) and list(names) != sorted(names) and len(golds) == len(answers):
            raise Unsure("values named in another order than the alphabet's")
    return None


def _undefine(gold: str, answer: str) -> tuple[str, str]:
    """``x = 5`` against ``5``, or both with the same left side, loses the left side; so does ``(x, y) = (1, 2)``."""
    gold, answer = (found[1] if (found := _TOGETHER.fullmatch(text)) else text for text in (gold, answer))
    left, right = _DEFINES.fullmatch(gold), _DEFINES.fullmatch(answer)
    if left and right:
        return (left[2], right[2]) if squeeze(left[1]) == squeeze(right[1]) else (gold, answer)
    if left and not re.search(r"[=<>]|\\[lg]e", answer):
        gold = left[2]
    if right and not re.search(r"[=<>]|\\[lg]e", gold):
        answer = right[2]
    return gold, answer


def _one_against_many(
    gold: str, kind: str, golds: list[str], answer: str, other: str, answers: list[str], leaf: Leaf
) -> bool:
    one, many, shape_of_many = (gold, answers, other) if kind == "one" else (answer, golds, kind)
    if re.search(r"[<>]|\\[lg]e(?![a-z])|\\(?:mathbb|cup|cap|setminus)|R\b", one) and shape_of_many != "list":
        raise NeedsAlgebra  # k >= 2 against [2, oo)
    if shape_of_many.startswith("matrix"):
        raise NeedsAlgebra
    if len(many) == 1:
        return leaf(golds[0], answers[0])  # {5} against 5
    decimal = quantity(one.replace(",", "."))
    if (
        shape_of_many == "list"
        and re.fullmatch(r"-?\d+,\d{1,2}", answer)
        and quantity(answer.replace(",", ".")) == decimal
    ):
        raise Unsure("the comma may be a decimal point")
    if kind == "one" and any(squeeze(part) == squeeze(one) for part in many):
        raise Unsure(f"{one} is one of several answers given")
    if kind == "one" and PROSE.search(answer):
        raise Unsure("several values in a sentence", "unparsed")
    return False


def _match(golds: list[str], answers: list[str], leaf: Leaf, free: bool) -> bool:
    left = list(answers)
    for gold in golds:
        position = next((i for i, answer in enumerate(left) if squeeze(answer) == squeeze(gold)), None)
        if position is None:
            position = next((i for i, answer in enumerate(left) if same(gold, answer, leaf, free)), None)
        if position is None:
            return False
        del left[position]
    return True


def _within(parts: list[str], others: list[str], leaf: Leaf) -> bool:
    """Whether every part of a set is in another."""
    spelled = {squeeze(other) for other in others}
    return all(squeeze(part) in spelled or any(same(part, other, leaf) for other in others) for part in parts)
