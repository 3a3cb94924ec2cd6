"""Compares two answers by their shape first (tuple, set, list, union, matrix), then part by part.

The order of a tuple counts, that of a set does not, and a tuple is not a set: an algebra system asked about the whole
would mix these up. Parts are compared by a function given from outside: a cheap exact one in the caller's process, one
backed by an algebra system in a worker.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from limbeck.verifiers._normal import Quantity, quantity, squeeze, unit

Leaf = Callable[[str, str], bool]
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_MATRIX = re.compile(r"\\begin\{pmatrix\}(.*)\\end\{pmatrix\}", re.S)
_DEFINES = re.compile(r"((?:[A-Za-z]|\\[a-z]+)(?:_\w)?(?:\(\w\))?)\s*(?:=|\\in(?![a-z]))\s*([^=<>]+)")
_FUNCTIONS = r"(?:sqrt|sin|cos|tan|log|exp|arc\w+|max|min|mod|gcd|lcm|degrees)\b"
_PROSE = re.compile(rf"(?<![\w\\{{^_])(?!{_FUNCTIONS})[A-Za-z]{{3,}}(?![\w(^_}}])")
_CONDITION = re.compile(r"\b(?:where|when|if|for)\b")
_NOT_PLAIN = re.compile(_CONDITION.pattern + r"|\\(?!frac)[a-zA-Z]|(?<![A-Za-z])[a-zA-Z](?![A-Za-z])")
_NUMBERS = re.compile(r"\$?-?(?:\\frac\{-?\d+\}\{\d+\}|\d+/\d+|\d+(?:,\d{3})*(?:\.\d+)?)%?")
_WORD_ANSWER = re.compile(r"\(?([A-Za-z][A-Za-z' -]*)\)?")
_BASE = re.compile(r"(\w+)_\{?(\d+)\}?")
_LIST_LIMIT = 100


class NeedsAlgebra(Exception):
    """The parts can be compared only by an algebra system."""


class Unsure(Exception):
    """Neither equal nor plainly different; the text says why. ``outcome`` is the verdict that follows."""

    def __init__(self, reason: str, outcome: str = "unknown") -> None:
        super().__init__(reason)
        self.reason, self.outcome = reason, outcome

    def __reduce__(self) -> tuple[type[Unsure], tuple[str, str]]:
        return Unsure, (self.reason, self.outcome)


def reading(text: str) -> str:
    """What a tidy answer says: ``Sally has 9 books`` is ``9 books``, ``x=2 or x=3`` is ``x=2, x=3``.

    A sentence with several different numbers is returned as it is.
    """
    listed = re.sub(r",?\s+(?:or|and)\s+", ", ", text)
    if listed != text and not _PROSE.search(listed):
        return listed
    if quantity(text) or not re.search(r"\d", text):
        return text
    if "=" in text and quantity(last := text.rsplit("=", 1)[1].strip()) and not _NOT_PLAIN.search(text):
        return last  # 12 * 12 + 5 = 149
    if not _PROSE.search(text) or _CONDITION.search(text) or re.search(r"\\(?!frac)[a-zA-Z]", text):
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
    gold, answer = _undefine(gold, answer)
    (kind, golds), (other, answers) = shape(gold), shape(answer)
    if kind == other == "one":
        return leaf(golds[0], answers[0])
    if "one" in (kind, other):
        return _one_against_many(gold, kind, golds, answer, other, answers, leaf)
    if max(len(golds), len(answers)) > _LIST_LIMIT:
        raise Unsure(f"a list of more than {_LIST_LIMIT} parts")
    kinds = {kind, other}
    if kinds == {"union"} or (kinds <= {"set", "list"} and (free or kinds != {"list"})):
        return len(golds) == len(answers) and _match(golds, answers, leaf, free)
    if kind == other or kinds == {"list", "()"}:
        pairs = zip(golds, answers, strict=False)
        return len(golds) == len(answers) and all(same(g, a, leaf, free) for g, a in pairs)
    if kinds == {"()", "[]"} and len(golds) != 2:
        raise Unsure("brackets of another kind")
    if any(kind.startswith("matrix") for kind in kinds):
        raise Unsure("a matrix against a tuple or list")
    return False


def _undefine(gold: str, answer: str) -> tuple[str, str]:
    """``x = 5`` against ``5``, or both with the same left side, loses the left side."""
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
    if kind == "one" and any(squeeze(part) == squeeze(one) for part in many):
        raise Unsure(f"{one} is one of several answers given")
    if kind == "one" and _PROSE.search(answer):
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


@lru_cache(maxsize=16384)
def shape(text: str) -> tuple[str, list[str]]:
    """Kind and parts: ``one``, ``list``, ``set``, ``union``, ``matrixR`` (rows) or its brackets (``[)``)."""
    text = text.strip()
    if quantity(text):
        return "one", [text]
    if whole := _MATRIX.fullmatch(text):
        rows = [row for row in whole[1].split("\\\\") if row.strip()]
        return f"matrix{len(rows)}", [cell.strip() for row in rows for cell in row.split("&")]
    if len(parts := split(text)) > 1:
        return "list", _both_signs(parts)
    if len(parts := split(text, "\\cup")) > 1:
        return "union", parts
    inner = text[2:-2] if text.startswith("\\{") else text[1:-1]
    if text.startswith("\\{") and text.endswith("\\}") and _encloses(text[1:-2] + "}"):
        return "set", _both_signs(split(inner))
    if text[:1] in ("(", "[") and text[-1:] in (")", "]") and _encloses(text):
        parts = split(inner)
        if len(parts) > 1:
            return text[0] + text[-1], parts
        if text[0] == "(" and text[-1] == ")":
            return shape(inner) if inner.strip() else ("one", [text])
    parts = _both_signs([text])
    return ("one" if len(parts) == 1 else "list"), parts


def split(text: str, by: str = ",") -> list[str]:
    """Split where no bracket is open. Brackets need not match in kind: ``[1, 2)`` is one part."""
    parts, depth, start, position = [], 0, 0, 0
    while position < len(text):
        char = text[position]
        if depth == 0 and text.startswith(by, position):
            parts.append(text[start:position].strip())
            position += len(by)
            start = position
            continue
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth = max(0, depth - 1)
        position += 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def _encloses(text: str) -> bool:
    """Whether the first bracket closes at the very end."""
    depth = 0
    for position, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            return position == len(text) - 1
    return False


def _both_signs(parts: list[str]) -> list[str]:
    """``1 \\pm 2`` is two parts, in the order plus, minus."""
    signs = [(r"\pm", "+", "-"), (r"\mp", "-", "+")]
    both = []
    for part in parts:
        plus = minus = part
        for sign, first, second in signs:
            plus, minus = plus.replace(sign, first), minus.replace(sign, second)
        both += [part] if plus == part else [plus.removeprefix("+").strip(), minus]
    return both


def cheap(gold: str, answer: str) -> bool:
    """Compare two parts without algebra: as strings, numbers or words.

    Raises:
        Unsure: for a rounded number, or words where a number is wanted.
        NeedsAlgebra: for everything else.
    """
    if squeeze(gold) == squeeze(answer):
        return True
    left, right = quantity(gold), quantity(answer)
    if left and right:
        return _quantities(left, right, gold, answer)
    left_word, right_word = _WORD_ANSWER.fullmatch(gold), _WORD_ANSWER.fullmatch(answer)
    if left_word and right_word:
        words, others = left_word[1], right_word[1]
        if words == others or (len(words) > 1 and words.casefold() == others.casefold()):
            return True
        if 1 < max(len(words), len(others)) <= 3:
            raise NeedsAlgebra  # xyz is zyx
        if len(left_word[1].split()) > 4:
            raise Unsure(f"the reference {gold!r} is a sentence")
        return False
    if left_word and len(left_word[1]) > 1 and right:
        raise Unsure(f"the reference {gold!r} is not a number")
    if _PROSE.search(answer):
        if squeeze(answer).casefold() == squeeze(gold).casefold():
            return True
        raise Unsure("the answer is words, not one number", "unparsed")
    if r"\emptyset" in (gold, answer):
        return False
    if _PROSE.search(gold):
        raise Unsure(f"the reference {gold!r} is a sentence")
    if bool(based := _BASE.fullmatch(squeeze(gold))) != bool(other := _BASE.fullmatch(squeeze(answer))):
        digits, plain = (based or other)[1], squeeze(answer if based else gold)  # type: ignore[index]
        if plain.isalnum():
            return digits == plain  # 4343_6 against 4343: the question named the base
    if ":" in gold and ":" in answer:
        return False
    if ":" in gold + answer:
        raise Unsure("a time or ratio against a number")
    raise NeedsAlgebra


def _quantities(gold: Quantity, answer: Quantity, gold_text: str, answer_text: str) -> bool:
    left, right = unit(gold.unit), unit(answer.unit)
    if left and right and (gold.unit != answer.unit):
        return left[0] == right[0] and gold.value * left[1] == answer.value * right[1]
    if gold.value == answer.value:
        return True
    if gold.percent != answer.percent:
        return answer.value == gold.value * (100 if answer.percent else 1) / (1 if answer.percent else 100)
    if answer.is_rounding_of(gold.value) or gold.is_rounding_of(answer.value):
        raise Unsure(f"{answer_text} and {gold_text} agree up to rounding")
    return False
