"""Marks that two conventions read differently: what the reference decides, and what stays open.

``3,5`` is 3.5 against a number and a list of two against a list. ``1,234`` is 1234 everywhere, and against
1.234 neither equal nor different, so that equality stays transitive.
"""

from __future__ import annotations

import re
from fractions import Fraction

from limbeck.answers.normal import Quantity, quantity, squeeze
from limbeck.answers.parts import PROSE
from limbeck.answers.rules import Unsure
from limbeck.answers.shape import split

_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_COMMA = re.compile(r"[-+]?\d+,\d+(?: ?(?:%|[^\W\d_].*))?")
_EITHER = re.compile(r"[-+]?[1-9]\d{0,2}([.,])\d{3}(?![\d.,]).*")
"""A number of thousands in one convention and with a fraction in the other: 1,234 and 1.234."""
_LOOSE = re.compile(r"\d_\d{3}|\d,\d\d\.\d|, 0\d\d(?!\d)")
_OF_A_LETTER = re.compile(r"([A-Za-z]) ?((?:[<>]|\\[lg]e|\\ne)(?![A-Za-z]).*)")
_MARKS = re.compile(r"[,_ ]")
_INDIAN = re.compile(r"[-+]?\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?(?: [^\W\d_].*)?")


def agreed(gold: str, answer: str) -> tuple[str, str]:
    """Two tidy texts, the marks of each read as the other one has them.

    Raises:
        Unsure: two texts with a comma are one number, or two different lists.
    """
    if "," not in gold and "," not in answer:
        return gold, answer
    return _explained(gold, answer), _explained(answer, gold)


def distinct(gold: str, answer: str) -> None:
    """Lets two texts pass that are not equal.

    Raises:
        Unsure: they are one number in another convention, or the answer is a sentence.
    """
    if "$" in gold + answer:
        left, right = quantity(gold), quantity(answer)
        if left and right and left.value in (right.value * 100, right.value / 100):
            raise Unsure(f"{answer} and {gold} may be the same in dollars and in cents")
    if len(PROSE.findall(answer)) > 1 and not PROSE.search(gold) and not _numbers(answer):
        raise Unsure("the answer is words, not one value", "unparsed")
    left, right = quantity(gold), quantity(answer)
    if left and right and (_elsewhere(gold, left) == right.value or _elsewhere(answer, right) == left.value):
        raise Unsure(f"{answer} and {gold} are the same where the mark is read in another convention")
    if left and not right and _EITHER.fullmatch(gold) and squeeze(gold) == answer.replace(" ", ""):
        raise Unsure(f"{gold} may be a number or a list")
    if right and not left and _EITHER.fullmatch(answer) and squeeze(answer) == gold.replace(" ", ""):
        raise Unsure(f"{answer} may be a number or a list")
    wanted, given = _OF_A_LETTER.fullmatch(gold), _OF_A_LETTER.fullmatch(answer)
    if wanted and given and wanted[2] == given[2]:
        raise Unsure(f"{answer} and {gold} are the same but for the letter")
    if _LOOSE.search(answer) and _MARKS.sub("", answer) == _MARKS.sub("", gold):
        raise Unsure(f"{answer} and {gold} are the same but for their marks")


def _numbers(text: str) -> bool:
    """Whether every part of a text is a number, of whatever things."""
    return all(quantity(part) for part in split(re.sub(r",? (?:and|or) ", ", ", text)))


def _elsewhere(text: str, number: Quantity) -> Fraction | None:
    """What a number is where points group thousands and commas begin a fraction; None for one reading."""
    mark = _EITHER.fullmatch(text)
    return None if mark is None else number.value * 1000 if mark[1] == "." else number.value / 1000


def _explained(text: str, other: str) -> str:
    """A text with decimal commas, or grouped as in India, as the other side has it; else unchanged."""
    if "," not in text:
        return text
    if _INDIAN.fullmatch(text) and quantity(other):
        return text.replace(",", "")
    if ", " in text or "." in text or quantity(text):
        return text
    if _COMMA.fullmatch(text):
        pointed = text.replace(",", ".", 1)
        if quantity(other):
            return pointed
        if _COMMA.fullmatch(other) and squeeze(text) != squeeze(other):
            left, right = quantity(pointed), quantity(other.replace(",", ".", 1))
            if left and right and left.value == right.value:
                raise Unsure(f"{text} and {other} are the same if the comma is a decimal point")
            return text
    # 0,5x against 0.5x: the other side has points and no commas.
    if re.search(r"\d\.\d", other) and "," not in other and not re.search(r"[(\[{]", text):
        return _DECIMAL_COMMA.sub(".", text)
    return text
