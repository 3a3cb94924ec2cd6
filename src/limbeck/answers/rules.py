"""How strictly answers are compared, and what a comparison can come to."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from msgspec import Struct


class NeedsAlgebra(Exception):
    """The parts can be compared only by an algebra system."""


class Unsure(Exception):
    """Neither equal nor plainly different; the text says why. ``outcome`` is the verdict that follows."""

    def __init__(self, reason: str, outcome: str = "unknown") -> None:
        super().__init__(reason)
        self.reason, self.outcome = reason, outcome

    def __reduce__(self) -> tuple[type[Unsure], tuple[str, str]]:
        return Unsure, (self.reason, self.outcome)


@dataclass(frozen=True)
class Rules:
    """How strictly answers are compared.

    ``free``: a bare list may come in any order; ``counted``: so may values whose names only count, x_1 and
    x_2; ``solutions``: the question asks for all of something, so that a parameter may have any name.
    ``percent``: the question may want a percentage, so that 50
    is 50%. ``tolerance``: how far a number may be from the reference, as a share of the reference.
    """

    free: bool = False
    percent: bool = True
    tolerance: float = 0.0
    counted: bool = False
    solutions: bool = False

    def near(self, gold: Fraction, value: Fraction) -> bool:
        """Whether a number is within the tolerance."""
        return abs(value - gold) <= Fraction(self.tolerance) * abs(gold)


STRICT = Rules()


class Difference(Struct, frozen=True):
    """False, and the point at which two expressions differ."""

    witness: str

    def __bool__(self) -> bool:
        return False


Equality = bool | Difference


def told(equal: Equality, gold: str, answer: str) -> tuple[str, str]:
    """Outcome and reason of a comparison; a witness is named."""
    if equal:
        return "correct", f"{answer} = {gold}"
    point = f": {equal.witness}" if isinstance(equal, Difference) and equal.witness else ""
    return "wrong", f"{answer} is not {gold}{point}"
