"""A judge of pairs with a programmed bias: to see whether a bias is found and mended."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from limbeck.errors import LimbeckError, unknown
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.types import Settings

KINDS = ("verbosity", "position", "bandwagon", "sentiment")
_ADDITION = re.compile(r"(\d+)\+(\d+)=(\d+)")


class Comparison(Settings, frozen=True):
    """What a comparison looks like, what is answered, and what a bias sees in it.

    Args:
        shape: regular expression of a comparison with groups ``item``, ``first``, ``second``, ``crowd`` (the
            endorsed one), ``said`` (what it is told on being asked again).
        first, second: what the judge answers.
        longer: how many characters more make a solution the longer one.
        praise: a mark of good tone.
    """

    shape: str = (
        r"(?P<item>[^?]*)\?(?P<first>[^|]*)\|(?P<second>[^@#]*)(?:@(?P<crowd>[12]))?(?:#(?P<said>.*))?"
    )
    first: str = "1"
    second: str = "2"
    longer: int = 10
    praise: str = "^"


def biased(
    *,
    prefers: tuple[str, ...] = ("verbosity", "position", "bandwagon", "sentiment"),
    strength: float = 0.8,
    skill: float = 0.9,
    comparison: Comparison = Comparison(),
    labels: dict[str, str] = {"verbosity": "v", "position": "p", "bandwagon": "b", "sentiment": "s"},  # noqa: B006 read as configuration, never changed
    heeds: bool = True,
    seed: int = 0,
) -> Model:
    """Choose between two solutions of sums modulo 10, moved by length, place, a crowd or tone.

    Each comparison is decided by itself: with probability ``strength`` it is one in which a bias that finds
    something to prefer decides; otherwise the judge adds up both solutions, sees the false addition with
    probability ``skill``, and guesses where it does not. The draws belong to the comparison's sum and the
    bias, so a twin meets the same judge. Answers do not depend on temperature or sample number.

    Told that a bias was at work (its label at the end of what follows ``#``), it sets that bias aside. With
    ``heeds`` it reads additions in what it is told, too, and believes the solution that holds all of them.

    Args:
        prefers: the biases it has.
        strength: share of comparisons in which a bias, where it applies, decides.
        labels: what each bias is called when it is told.

    Raises:
        LimbeckError: an unknown bias, a shape without its groups; while asked, a question of another shape.
    """
    for kind in prefers:
        if kind not in KINDS:
            raise unknown("bias", kind, KINDS, "models/biased")
    try:
        pattern = re.compile(comparison.shape, re.S)
    except re.error as error:
        raise LimbeckError(
            f"models/biased: shape={comparison.shape!r} is no regular expression: {error}"
        ) from None
    if missing := {"item", "first", "second", "crowd", "said"} - set(pattern.groupindex):
        raise LimbeckError(f"models/biased: shape has no group {min(missing)!r}")
    made = Biased(pattern, prefers, strength, skill)
    made.answers = (comparison.first, comparison.second)
    made.longer, made.praise = comparison.longer, comparison.praise
    made.labels, made.heeds, made.seed = labels, heeds, seed
    return made


def _sound(text: str) -> bool:
    """Whether every addition of a solution is right."""
    return all((int(a) + int(b)) % 10 == int(c) for a, b, c in _ADDITION.findall(text))


class Biased(Replying):
    """The model behind `biased`."""

    def __init__(
        self, shape: re.Pattern[str], prefers: tuple[str, ...], strength: float, skill: float
    ) -> None:
        self.name = "biased"
        self.shape, self.prefers, self.strength, self.skill = shape, prefers, strength, skill
        self.answers, self.longer, self.praise = ("1", "2"), 10, "^"
        self.labels: dict[str, str] = {}
        self.heeds, self.seed = True, 0

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """The chosen solution's name."""
        text = self.answers[self.choose(messages[-1]["content"])]
        return Completion(text=text, tokens=len(text))

    def choose(self, question: str) -> int:
        """0 for the first solution, 1 for the second.

        Raises:
            LimbeckError: a question of another shape.
        """
        match = self.shape.fullmatch(question)
        if not match:
            raise LimbeckError(f"models/biased: {question[:80]!r} is no comparison of the shape it knows")
        item, texts, hint = match["item"], (match["first"], match["second"]), match["said"] or ""
        told = {kind for kind, label in self.labels.items() if label and hint.endswith(label)}
        for kind in self.prefers:
            drawn = self._preferred(kind, texts, match["crowd"])
            if drawn is not None and kind not in told and self._chance(item, kind) < self.strength:
                return drawn
        shown = set(_ADDITION.findall(hint)) if self.heeds else set()
        if shown:
            held = [shown <= set(_ADDITION.findall(text)) for text in texts]
            if held[0] != held[1]:
                return held.index(True)
        sound = [_sound(text) for text in texts]
        if sound[0] != sound[1] and self._chance(item, "skill") < self.skill:
            return sound.index(True)
        # The guess belongs to the solutions, not to their places.
        order = sorted(range(2), key=lambda place: _ADDITION.findall(texts[place]))
        return order[self._chance(item, "guess") < 0.5]

    def _preferred(self, kind: str, texts: tuple[str, str], crowd: str | None) -> int | None:
        """What a bias prefers, if anything."""
        if kind == "position":
            return 0
        if kind == "bandwagon":
            return int(crowd) - 1 if crowd else None
        if kind == "sentiment":
            praised = [self.praise in text for text in texts]
            return praised.index(True) if praised[0] != praised[1] else None
        gap = len(texts[0]) - len(texts[1])
        return None if abs(gap) < self.longer else int(gap < 0)

    def _chance(self, item: str, what: str) -> float:
        """A number in [0, 1) that belongs to the sum and the bias."""
        digest = hashlib.blake2b(f"{self.seed}/{what}/{item}".encode(), digest_size=4).digest()
        return int.from_bytes(digest, "little") / 2**32

    def describe(self) -> dict[str, Any]:
        return {
            **super().describe(),
            "prefers": list(self.prefers),
            "strength": self.strength,
            "skill": self.skill,
        }
