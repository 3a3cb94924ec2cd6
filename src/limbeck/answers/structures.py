"""Compares two answers by their shape first (tuple, set, list, union, matrix, family), then part by part.

The order of a tuple counts, that of a set does not, and a tuple is not a set: an algebra system asked about
the whole would mix these up. One part that differs settles it, whatever else is rounded or unproved. Parts
are compared by a function given from outside: one for this process, one backed by an algebra system.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import product

from msgspec import Struct

from limbeck.answers.checks import Leaf, every, matched, some
from limbeck.answers.definitions import respelled, undefined, with_letter
from limbeck.answers.families import same_family
from limbeck.answers.normal import quantity, squeeze
from limbeck.answers.parts import PROSE
from limbeck.answers.regions import same_region
from limbeck.answers.relations import same_inequality, same_relation, solved_by, told_apart
from limbeck.answers.rules import Equality, NeedsAlgebra, Unsure
from limbeck.answers.sets import listed
from limbeck.answers.shape import grouped, named, shape, split
from limbeck.expressions.reading import read

_CONDITION = re.compile(r"\b(?:where|when|if|for)\b")
_PARAMETER = re.compile(
    r"(.+?)[\s,;:]*(?:\\mid|\||\bwhere|\bfor|\bwith)?\s*([a-z])\s*\\in\s*([A-Z]\S*|\\mathbb.*)", re.S
)
_ABOUT = re.compile(r"\\approx(?![a-z])|\\simeq(?![a-z])|≈")
_VECTOR = re.compile(r"\\(?:hat|vec|mathbf)\s*\{?\s*\\?[ijk]")
_SIGNED = re.compile(r"[<>]|\\(?:[lg]e|ne)(?![a-z])")
_LIST_LIMIT = 100


class Order(Struct, frozen=True):
    """Whether a bare list may come in any order, and values whose names only count too: x_1, x_2."""

    free: bool = False
    counted: bool = False


def same(gold: str, answer: str, leaf: Leaf, free: bool = False, counted: bool = False) -> Equality:
    """Whether two answers are equal, by shape and then part by part.

    Args:
        gold: the reference, tidy.
        answer: what was found in the trace, tidy.
        leaf: compares two parts that are neither tuple nor list.
        free: whether a bare list ``2, 3`` may come in any order.
        counted: whether values whose names only count may change places: x_1 and x_2.

    Raises:
        Unsure, NeedsAlgebra: from ``leaf`` or where shapes cannot be compared.
    """
    if squeeze(gold) == squeeze(answer):
        return True
    gold, answer = respelled(gold), respelled(answer)
    family = same_family(gold, answer)
    if family is not None and family != "open":
        return bool(family)
    if _ABOUT.search(gold) or _ABOUT.search(answer):
        # 2\sqrt{5} \approx 4.47 says both.
        sides = [[side.strip() for side in _ABOUT.split(text)] for text in (gold, answer)]
        return some(partial(same, a, b, leaf, free, counted) for a, b in product(*sides))
    left, right = _PARAMETER.fullmatch(gold), _PARAMETER.fullmatch(answer)
    if left and right and squeeze(left[3]) == squeeze(right[3]) and shape(left[1])[0] != "list":
        body = with_letter(right[1], right[2], left[2])
        if same(left[1], body, leaf, free, counted):
            return True
        family = "open"
    if family == "open":
        raise Unsure(f"whether {answer} and {gold} have the same members cannot be told")
    if _CONDITION.search(gold):
        raise Unsure("the reference states a condition")
    return _same(gold, answer, leaf, Order(free, counted), False)


def _same(gold: str, answer: str, leaf: Leaf, order: Order, inside: bool) -> Equality:
    """``inside`` a set or list a part stands for itself: {5} is not 5, nor 2 one of several answers."""
    if squeeze(gold) == squeeze(answer):
        return True
    gold, answer = listed(gold), listed(answer)
    if (region := same_region(gold, answer, leaf)) is not None:
        return region
    if _SIGNED.search(gold) or _SIGNED.search(answer):
        return _inequalities(gold, answer, leaf)
    gold, answer = undefined(gold, answer)
    (kind, golds), (other, answers) = shape(gold), shape(answer)
    if kind == other == "one":
        return _single(golds[0], answers[0], leaf)
    if "one" in (kind, other):
        many = other if kind == "one" else kind
        if "\\emptyset" in (gold, answer) or (inside and many in ("set", "list", "()", "[]", "union")):
            return False
        return _one_against_many(gold, kind, golds, answer, other, answers, leaf)
    if max(len(golds), len(answers)) > _LIST_LIMIT:
        raise Unsure(f"a list of more than {_LIST_LIMIT} parts")
    return _many(kind, golds, other, answers, leaf, order)


def _single(gold: str, answer: str, leaf: Leaf) -> Equality:
    """Neither tuple nor list: equations as equations, everything else by ``leaf``."""
    equations = ["=" in text and len(split(text, "=")) > 1 for text in (gold, answer)]
    if all(equations):
        relation = same_relation(gold, answer)
        return leaf(gold, answer) if relation is None else relation
    if any(equations):
        equation, other = (gold, answer) if equations[0] else (answer, gold)
        *sides, last = split(equation, "=")
        readings = [read(side.strip()) for side in sides]
        # 17 \bmod 5 = 2, and what is not read here, say what stands at the end.
        if all(each is None or not each.letters for each in readings) and _is_constant(other):
            equal = leaf(other, last.strip())
            if equal or None not in readings:
                return equal
        holds = solved_by(equation, other)
        if holds:
            raise Unsure(f"{other} satisfies {equation}, but which letter it stands for is not said")
        if holds is not None:
            return holds
    return leaf(gold, answer)


def _is_constant(text: str) -> bool:
    reading = read(text)
    return reading is not None and not reading.letters


def _inequalities(gold: str, answer: str, leaf: Leaf) -> Equality:
    """What intervals could not decide: a factor, a point at which only one holds, or an algebra system."""
    if same_inequality(gold, answer):
        return True
    if (difference := told_apart(gold, answer)) is not None:
        return difference
    if _SIGNED.search(gold) and _SIGNED.search(answer):
        raise NeedsAlgebra
    other = answer if _SIGNED.search(gold) else gold
    if read(other.rsplit("=", 1)[-1].strip()) is not None:
        return False  # a number, or the only solution of an equation
    raise NeedsAlgebra


def _many(kind: str, golds: list[str], other: str, answers: list[str], leaf: Leaf, order: Order) -> Equality:
    free = order.free
    kinds = {kind, other}
    if kinds <= {"list", "()", "set"}:
        golds, answers = _in_groups(golds, answers)
    if kinds <= {"list", "()"}:
        # Names say which value is which, unless they only count: x_1, x_2.
        letters = [{name[0] for name in named(side) or ()} for side in (golds, answers)]
        free = free and all(len(each) < 2 if order.counted else not each for each in letters)
        golds, answers = _by_name(golds, answers) or (golds, answers)

    def inner(gold: str, answer: str) -> Equality:
        return _same(gold, answer, leaf, order, True)

    # {1, 2, 2} is {1, 2}, and so it is with solutions that are tuples.
    solutions = kinds == {"list"} and free and all(part.startswith("(") for part in (*golds, *answers))
    if solutions or ("set" in kinds and kinds <= {"set", "list"}):
        return _within_each_other(golds, answers, inner)
    if kinds == {"union"} or (kinds == {"list"} and free):
        if len(golds) != len(answers):
            if kinds == {"list"} and _within_each_other(golds, answers, inner):
                raise Unsure("the same values, some of them more often")
            return False
        return matched(golds, answers, inner)
    if kind == other or kinds == {"list", "()"}:
        if len(golds) != len(answers):
            return False
        in_order = every(partial(inner, *pair) for pair in zip(golds, answers, strict=True))
        if not in_order and kinds == {"list", "()"} and free and matched(golds, answers, inner):
            raise Unsure("a list in another order than the tuple's")
        return in_order
    if kinds == {"list", "union"} and len(golds) == len(answers) and matched(golds, answers, inner):
        raise Unsure("intervals as a list and as a union")
    if kinds == {"()", "[]"} and len(golds) != 2:
        raise Unsure("brackets of another kind")
    matrix = any(kind.startswith("matrix") for kind in kinds) and len(golds) == len(answers)
    if matrix and every(partial(inner, *pair) for pair in zip(golds, answers, strict=True)):
        raise Unsure("the same numbers as a row and a column, or as a matrix and a list")
    return False


def _within_each_other(golds: list[str], answers: list[str], inner: Leaf) -> Equality:
    """Whether every part of one side is in the other."""

    def has(part: str, others: list[str], same: Leaf) -> Equality:
        if any(squeeze(part) == squeeze(other) for other in others):
            return True
        return some(partial(same, part, other) for other in others)

    def turned(answer: str, gold: str) -> Equality:
        return inner(gold, answer)

    checks = [partial(has, part, answers, inner) for part in golds]
    return every([*checks, *(partial(has, part, golds, turned) for part in answers)])


def _in_groups(golds: list[str], answers: list[str]) -> tuple[list[str], list[str]]:
    """``p=5, q=2, p=7, q=2`` as the tuples (5, 2) and (7, 2), on either side.

    Raises:
        Unsure: only one side has names, and not in alphabetical order.
    """
    left, right = grouped(golds), grouped(answers)
    if left is None and right is None:
        return golds, answers
    names = (left or right or ([], []))[0]
    if (left is None or right is None) and names != sorted(names):
        raise Unsure("values named in another order than the alphabet's")
    return left[1] if left else golds, right[1] if right else answers


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


def _one_against_many(
    gold: str, kind: str, golds: list[str], answer: str, other: str, answers: list[str], leaf: Leaf
) -> Equality:
    single, many, shape_of_many = (gold, answers, other) if kind == "one" else (answer, golds, kind)
    if (
        re.search(r"[<>]|\\[lg]e(?![a-z])|\\(?:mathbb|cup|cap|setminus)|R\b", single)
        and shape_of_many != "list"
    ):
        raise NeedsAlgebra  # k >= 2 against [2, oo)
    reading = read(single)
    if len(many) in (2, 3) and (_VECTOR.search(single) or (reading and "j" in reading.letters)):
        raise Unsure(f"{single} is a vector in another notation")
    if shape_of_many.startswith("matrix"):
        # 2I may be a matrix, 2x is none.
        if quantity(single) or (reading and not any(name[0].isupper() for name in reading.letters)):
            return False
        raise NeedsAlgebra
    if "=" in single and all(solved_by(single, part.rsplit("=", 1)[-1].strip()) for part in many):
        raise Unsure(f"{gold} and {answer} are an equation and its solutions, maybe not all of them")
    if len(many) == 1:
        # {5} against 5, but {{1}} is not {1}
        return False if shape(many[0])[0] == "set" else leaf(golds[0], answers[0])
    if "\\pm" in answer + gold and squeeze(single) in (answer + gold).split("\\pm")[0]:
        raise Unsure("a value with its uncertainty, or two values")
    decimal = quantity(single.replace(",", "."))
    comma = shape_of_many == "list" and re.fullmatch(r"-?\d+,\d{1,2}", answer)
    if comma and quantity(answer.replace(",", ".")) == decimal:
        raise Unsure("the comma may be a decimal point")
    if kind == "one" and any(squeeze(part) == squeeze(single) for part in many):
        raise Unsure(f"{single} is one of several answers given")
    if kind == "one" and PROSE.search(answer):
        raise Unsure("several values in a sentence", "unparsed")
    return False
