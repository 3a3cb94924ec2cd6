"""Compares two answers by their shape first (tuple, set, list, union, matrix), then part by part.

The order of a tuple counts, that of a set does not, and a tuple is not a set: an algebra system asked about
the whole would mix these up. Parts are compared by a function given from outside: a cheap exact one in the
caller's process, one backed by an algebra system in a worker.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from math import comb

from limbeck.answers.normal import quantity
from limbeck.answers.numerals import numerals
from limbeck.answers.parts import PROSE
from limbeck.answers.rules import Unsure
from limbeck.answers.sentences import named_value, twisted, unframed
from limbeck.answers.shape import split
from limbeck.answers.units import unit

Leaf = Callable[[str, str], bool]
_DEFINES = re.compile(r"((?:[A-Za-z]|\\[a-z]+)(?:_\w)?(?:\(\w\))?)\s*(?:=|\\in(?![a-z]))\s*([^=<>]+)")
_CONDITION = re.compile(r"\b(?:where|when|if|for)\b")
_NOT_PLAIN = re.compile(_CONDITION.pattern + r"|\\(?!frac)[a-zA-Z]|(?<![A-Za-z])[a-zA-Z](?![A-Za-z])")
_NUMBERS = re.compile(r"\$?-?(?:\\frac\{-?\d+\}\{\d+\}|\d+/\d+|\d+(?:,\d{3})*(?:\.\d+)?)%?")
_INEQUALITY = re.compile(r"[<>]|\\(?:[lg]e|ne)(?![a-z])")
_TOGETHER = re.compile(r"\(\s*[A-Za-z](?:\s*,\s*[A-Za-z])+\s*\)\s*=\s*(\(.*\))", re.S)
_LIST_LIMIT = 100
_JOINED = re.compile(r",?\s+(?:or|and)\s+|(?<=[)\]}\d])(?:or|and)(?=[(\[{\\\d-])")
_POINTING = re.compile(
    r"^(?:(?:so|thus|hence|then),?\s+)?(?:it|this|that)(?:['’]s|\s+(?:is|was|equals))\s+(?=\S)", re.I
)
_ALL_BUT = re.compile(r"(?:all |the )?real(?: number)?s?,? except\b", re.I)
_LETTERED = re.compile(r"\(([A-E])\)\s+(\S.*)")
_LETTER = re.compile(r"\(?([A-E])\)?")
_MODULO = re.compile(
    r"(?:[a-z]\s*\\equiv\s*)?(-?\d{1,15})"
    r"\s*(?:\\pmod|\\bmod|\(?\s*(?:\\mod|mod))\s*\{?\s*(\d{1,15})\s*\}?\s*\)?"
)
_SHORT = re.compile(r"\$?(\d+(?:\.\d+)?) ?([kKMB])")
_PRODUCT = re.compile(r"[-+\d.,/]+ ?[A-Za-z]{1,3}(?:\^\d)?")
_CHOOSE = re.compile(r"C ?\( ?(\d{1,3}) ?, ?(\d{1,3}) ?\)")
_MIXED = re.compile(r"^(\d+) and (\d+/\d+)(?=$| [a-z])")
_BOTH = re.compile(r"([^()]+?) ?\(([^()]+)\)")
_TURNED = re.compile(r"([^=]+?)\s*=\s*([A-Za-z])")
_SOLVED = re.compile(r"([A-Za-z])\s*=\s*([^=<>,]+)")


def reading(text: str) -> str:
    """What a tidy answer says: ``Sally has 9 books`` is ``9 books``, ``x=2 or x=3`` is ``x=2, x=3``.

    ``or`` makes a set, for alternatives have no order, ``and`` a list; one value in two spellings
    (``3/4 (0.75)``) is one. Inequalities, and a sentence with several different numbers, are returned as they
    are.

    Raises:
        Unsure: the words do more to a number than name it: ``not 9``, ``more than 9``, ``half of 60``.
    """
    # Two words are too few to look like a sentence, and "it is" is no product of letters.
    text = _POINTING.sub("", unframed(text))
    if _INEQUALITY.search(text) or _ALL_BUT.match(text):
        return text
    text = _MIXED.sub(r"\1 \2", text).replace(";", ",")
    if ((number := quantity(text)) and not number.unit) or _PRODUCT.fullmatch(text):
        return text
    # "2 and 3" is a list; whatever words are left then belong to no list.
    listed = _JOINED.sub(", ", text)
    if listed != text and not PROSE.search(listed):
        return _alternatives(listed) if re.search(r"(?<![a-z])or(?![a-z])", text) else listed
    if not re.search(r"\d|\\", text) and PROSE.search(text):
        text = numerals(text)
        number = quantity(text)
    if not number and (value := named_value(text)):
        return value
    if not re.search(r"\d", text) or (number and unit(number.unit)):
        return text
    if twisted(text):
        raise Unsure(f"the words of {text[:80]!r} may make another number of it", "unparsed")
    if number:
        return text
    if plain := _spelled_otherwise(text):
        return plain
    if "=" in text and quantity(last := text.rsplit("=", 1)[1].strip()) and _is_plain(text):
        return last  # 12 * 12 + 5 = 149
    if not PROSE.search(text) or _CONDITION.search(text) or re.search(r"\\(?!frac)[a-zA-Z]|\^", text):
        return text
    # A sentence with one number, maybe said twice, names it; with several none of them is the answer.
    numbers = _NUMBERS.findall(text)
    if len(set(numbers)) == 1:
        if re.search(r"\bor\b", text):
            raise Unsure(f"{text[:80]!r} offers another answer", "unparsed")
        return text[text.rindex(numbers[0]) :] if quantity(text[text.rindex(numbers[0]) :]) else numbers[0]
    return text


def _is_plain(text: str) -> bool:
    """Whether nothing but arithmetic and words is in a text: ``xy = 1`` says more than 1."""
    pairs = re.findall(r"(?<![A-Za-z])[A-Za-z]{2}(?![A-Za-z])", text)
    words = all(unit(pair) or pair in ("is", "so", "of", "in") for pair in pairs)
    return words and not _NOT_PLAIN.search(text)


def undressed(gold: str, answer: str) -> str:
    """A tidy answer without what the reference lacks: the letter of ``(B) 12``, the modulus of ``3 (mod 7)``.

    Raises:
        Unsure: another number of the same residue class.
    """
    if lettered := _LETTERED.fullmatch(answer):
        # Against a letter the letter counts.
        return lettered[1] if _LETTER.fullmatch(gold) else undressed(gold, lettered[2])
    wanted = quantity(gold)
    if wanted and (short := _SHORT.fullmatch(answer)):
        value = Fraction(short[1]) * {"k": 10**3, "m": 10**6, "b": 10**9}[short[2].lower()]
        return gold if value == wanted.value else answer
    if not wanted or not (answer.endswith((")", "}")) or "mod" in answer):
        return answer
    if chosen := _CHOOSE.fullmatch(answer):
        return str(comb(int(chosen[1]), int(chosen[2])))
    if modulo := _MODULO.fullmatch(answer):
        number, modulus = int(modulo[1]), int(modulo[2])
        if "\\bmod" in answer and modulus:
            return str(number % modulus)
        if modulus and number != wanted.value and (number - wanted.value) % modulus == 0:
            raise Unsure(f"{answer} and {gold} are the same up to the modulus")
        return modulo[1]
    return answer


def _alternatives(listed: str) -> str:
    """``1/2 or 50%`` is one value, ``2 or 3`` a set."""
    parts = split(listed)
    return (len(parts) == 2 and _one_value(*parts)) or rf"\{{{listed}\}}"


def _one_value(left_text: str, right_text: str) -> str | None:
    """The more telling of two spellings of one number, None where they are two numbers or none."""
    left, right = quantity(left_text), quantity(right_text)
    if not left or not right or (left.unit and right.unit and left.unit != right.unit):
        return None
    first, second = (side.value / 100 if side.percent else side.value for side in (left, right))
    if first != second and (left.percent or right.percent or not right.is_rounding_of(left.value)):
        return None
    return right_text if right.percent or (right.unit and not left.unit) else left_text


def _spelled_otherwise(text: str) -> str | None:
    """``3/4 (0.75)``, ``5 = x`` and ``3x = 15, x = 5`` in their plain form; None for anything else."""
    if both := _BOTH.fullmatch(text):
        value = _one_value(both[1], both[2])
        if not value and "/" in both[1] and quantity(both[1]) and quantity(both[2]):
            raise Unsure(f"{text} is two values, or a product over or under the bar")
        return value
    if (turned := _TURNED.fullmatch(text)) and quantity(turned[1]):
        return f"{turned[2]} = {turned[1]}"
    *steps, last = split(text)
    if not (steps and (solved := _SOLVED.fullmatch(last)) and quantity(solved[2])):
        return None
    for step in steps:  # x = 5, y = 3 is two answers
        names = set(re.findall(r"[A-Za-z]+", step))
        if "=" not in step or names != {solved[1]} or _SOLVED.fullmatch(step):
            return None
    return last
