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
    if match := _OWNS.fullmatch(text):
        return Relation(match[1], int(match[5]))
    if match := _RELATES.fullmatch(text):
        sign = {"more": "+", "fewer": "-", None: "*"}[match[3]]
        return Relation(match[1], int(match[2]), sign, match[4])
    return None


def follows(step: str, premises: Sequence[str]) -> bool:
    """Whether a step's numbers come from its premises as they say, and what it computes is right."""
    known = [relation for text in premises if (relation := read(text))]
    owned = {relation.who: relation.value for relation in known if not relation.base}
    if answer := _ANSWERS.fullmatch(step):
        asked = [match[1] for text in premises if (match := _ASKS.fullmatch(text))]
        return len(asked) == 1 and owned.get(asked[0]) == int(answer[1])
    match = _OWNS.fullmatch(step)
    if not match or not match[3]:
        return False
    who, left, sign, right, result = match[1], int(match[2]), match[3], int(match[4]), int(match[5])
    if compute(left, sign, right) != result:
        return False
    # What is computed must be what a cited relation says: of whom, from whose, by how much.
    relative = [relation for relation in known if relation.base and relation.who == who]
    told = [(relation.sign, owned.get(relation.base), relation.value) for relation in relative]
    return (sign, left, right) in told


def first_wrong(chain: Sequence[Statement]) -> int:
    """The place of the first statement that does not follow from what it cites; -1 where all do."""
    known = {statement.number: statement.text for statement in chain}
    for place, statement in enumerate(chain):
        if statement.cites is None:
            continue
        premises = [known[number] for number in statement.cites if number in known]
        if not follows(statement.text, premises):
            return place
    return -1
