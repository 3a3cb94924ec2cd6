"""A chooser among options whose true accuracy is set, and what sways it."""

from __future__ import annotations

import random
import re

from limbeck.checkers.totals import CHAIN, worked
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.types import Finite, Settings, Share

_OPTION = re.compile(r"^\(([A-Z])\) (-?\d+)$", re.M)


class Sway(Settings, frozen=True):
    """What changes the chance of a right answer, though nothing about the model does.

    Args:
        first: added where the right option stands first.
        last: added where it stands last.
        told_last: added where the text ends with something else than the options, such as an instruction.
        wordy: added where the message is longer than 120 characters.
    """

    first: Finite = 0.0
    last: Finite = 0.0
    told_last: Finite = 0.0
    wordy: Finite = 0.0


def swayed_chooser(
    *, easy: Share = 0.8, hard: Share = 0.4, sway: Sway = Sway(), name: str = "swayed_chooser", seed: int = 0
) -> Model:
    """Choose among the options of `problems/option_sums`, right as often as is set.

    Which sums are easy is drawn with the sum, half of them. A reply is a letter alone and does not depend on
    the temperature.

    Args:
        easy, hard: true accuracy where nothing sways it.
        name: part of what replies are drawn from: two names are two models of equal accuracy.

    Raises:
        LimbeckError: a question without a sum or its options, when it is asked.
    """
    return SwayedChooser(easy, hard, sway, name, seed)


class SwayedChooser(Replying):
    """The model behind `swayed_chooser`."""

    def __init__(self, easy: float, hard: float, sway: Sway, name: str, seed: int) -> None:
        self.name, self.rates, self.sway, self.seed = name, (easy, hard), sway, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """A letter."""
        asked = messages[-1]["content"]
        rng = random.Random(f"{self.name}/{self.seed}/{sampling.seed}/{number}/{asked}")
        right, others, chance = self.chances(asked)
        return Completion(
            text=right if rng.random() < chance else rng.choice(others), tokens=1, finish="stop"
        )

    def chances(self, asked: str) -> tuple[str, list[str], float]:
        """The right letter, the others, and the chance of the right one.

        Raises:
            LimbeckError: no sum, or none of the options is its total.
        """
        chain, options = CHAIN.search(asked), _OPTION.findall(asked)
        total = str(worked(chain[0])[-1][-1]) if chain else ""
        letters = [letter for letter, value in options if value == total]
        if not letters or len(options) < 2:
            raise LimbeckError(f"models/swayed_chooser: no sum with its options in {asked[:80]!r}")
        kind = random.Random(f"swayed_chooser/kind/{total}/{chain[0] if chain else ''}").random() < 0.5
        chance = self.rates[kind]
        chance += self.sway.first * (letters[0] == options[0][0])
        chance += self.sway.last * (letters[0] == options[-1][0])
        chance += self.sway.told_last * (not _OPTION.fullmatch(asked.rstrip().rpartition("\n")[2]))
        chance += self.sway.wordy * (len(asked) > 120)
        return letters[0], [letter for letter, _ in options if letter != letters[0]], min(max(chance, 0), 1)
