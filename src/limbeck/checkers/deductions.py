"""Word problems about who has how many cards, solved in Natural Program form, and what is wrong with a
step."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from limbeck.texts.natural_program import Statement

SAID = {
    "+": "{value} more cards than {base}",
    "-": "{value} fewer cards than {base}",
    "*": "{value} times as many cards as {base}",
}
_OWNS = re.compile(r"(\w+) has (?:(-?\d+) ([-+*]) (\d+) = )?(-?\d+) cards\.")
_RELATES = re.compile(r"(\w+) has (\d+) (?:(more|fewer) cards than|times as many cards as) (\w+)\.")
_ASKS = re.compile(r"How many cards has (\w+)\?")
_ANSWERS = re.compile(r"The answer is (-?\d+)\.(?: \1)?")


class Relation(Struct, frozen=True):
    """``who`` has ``value`` more (``+``), fewer or times as many as ``base``; with ``base`` empty just
    ``value``."""

    who: str
    value: int
    sign: str = ""
    base: str = ""

    def __str__(self) -> str:
        if not self.base:
            return f"{self.who} has {self.value} cards."
        return f"{self.who} has {SAID[self.sign].format(value=self.value, base=self.base)}."


def compute(left: int, sign: str, right: int) -> int:
    """One operation."""
    return left + right if sign == "+" else left - right if sign == "-" else left * right


def read(text: str) -> Relation | None:
    """A relation from its sentence, of a step what it arrives at; None for another sentence."""
    if found := _OWNS.fullmatch(text):
        return Relation(found[1], int(found[5]))
    if found := _RELATES.fullmatch(text):
        sign = {"more": "+", "fewer": "-", None: "*"}[found[3]]
        return Relation(found[1], int(found[2]), sign, found[4])
    return None


def follows(step: str, premises: Sequence[str]) -> bool:
    """Whether a step's numbers come from its premises as they say, and what it computes is right."""
    known = [relation for text in premises if (relation := read(text))]
    owned = {relation.who: relation.value for relation in known if not relation.base}
    if found := _ANSWERS.fullmatch(step):
        asked = [match[1] for text in premises if (match := _ASKS.fullmatch(text))]
        return len(asked) == 1 and owned.get(asked[0]) == int(found[1])
    found = _OWNS.fullmatch(step)
    if not found or not found[3]:
        return False
    who, left, sign, right, result = found[1], int(found[2]), found[3], int(found[4]), int(found[5])
    return compute(left, sign, right) == result and any(
        relation.who == who
        and relation.sign == sign
        and owned.get(relation.base) == left
        and relation.value == right
        for relation in known
        if relation.base
    )


def first_wrong(found: Sequence[Statement]) -> int:
    """The place of the first statement that does not follow from what it cites; -1 where all do."""
    known = {one.number: one.text for one in found}
    for place, one in enumerate(found):
        if one.cites is not None and not follows(
            one.text, [known[number] for number in one.cites if number in known]
        ):
            return place
    return -1
