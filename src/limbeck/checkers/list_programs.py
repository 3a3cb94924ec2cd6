"""Programs on lists of digits, a letter or two each: what `functions` hides and `skills` asks for."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache

DIGITS = "0123456789"
MOVES: dict[str, Callable[[str], str]] = {
    "r": lambda digits: digits[::-1],
    "s": lambda digits: "".join(sorted(digits)),
    "t": lambda digits: digits[1:],
    "i": lambda digits: digits[:-1],
    "o": lambda digits: digits[1:] + digits[:1],
    "d": lambda digits: digits[:1] + digits,
    "x": lambda digits: digits[1::-1] + digits[2:],
}
"""Reverse, sort, drop the first, drop the last, first to the end, double the first, swap the first two."""
SUMS = {f"+{number}": str.maketrans(DIGITS, DIGITS[number:] + DIGITS[:number]) for number in range(1, 10)}
"""``+3`` adds 3 to every digit, modulo 10."""
WORDS = [*MOVES, *SUMS]


@cache
def words(rule: str) -> list[str]:
    """A rule such as ``r+3`` word by word."""
    return re.findall(r"\+\d|\w", rule)


def apply(rule: str, digits: str) -> list[str]:
    """The list after each word of a rule."""
    lines = []
    for word in words(rule):
        digits = MOVES[word](digits) if word in MOVES else digits.translate(SUMS[word])
        lines.append(digits)
    return lines


def solution(rule: str, digits: str) -> str:
    """What is left of the rule and of the list, a line for each word: ``;+3:021;354``."""
    *lines, last = apply(rule, digits)
    rest = words(rule)
    return "".join(f";{''.join(rest[at:])}:{line}" for at, line in enumerate(lines, 1)) + f";{last}"


@cache
def family(longest: int) -> dict[str, int]:
    """Rules of up to ``longest`` words, at most one of them a sum, with their lengths.

    Of rules that do the same, only the first and shortest is in the family.
    """
    rng = random.Random("probes")
    probes = ["".join(rng.choices(DIGITS, k=6)) for _ in range(6)]
    seen = {tuple(probes)}
    lengths: dict[str, int] = {}
    rules = [""]
    for length in range(1, longest + 1):
        rules = [rule + word for rule in rules for word in WORDS if word in MOVES or "+" not in rule]
        for rule in rules:
            behaviour = tuple(apply(rule, probe)[-1] for probe in probes)
            if behaviour not in seen:
                seen.add(behaviour)
                lengths[rule] = length
    return lengths
