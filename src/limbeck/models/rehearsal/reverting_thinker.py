"""Someone who is asked to think in a language and often falls back into another: for rehearsals."""

from __future__ import annotations

import random
import re

from limbeck.errors import LimbeckError, unknown
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.records import Finish
from limbeck.texts.alphabets import LETTERS, in_digits, spelt
from limbeck.texts.languages import most, scripts

GIVES = ("text", "prefix")
_WANTED = re.compile(r"think in (\w+)")
_SUM = re.compile(r"\d(?:\+\d)+")


def reverting_thinker(
    *,
    home: str = "Latin",
    reverts: float = 0.4,
    led: float = 0.05,
    right: dict[str, float] = {"Latin": 0.9, "Cyrillic": 0.75, "Han": 0.6},  # noqa: B006 never changed
    modulus: int = 10,
    seed: int = 0,
) -> Model:
    """Solve sums of `problems/alphabets`, thinking in the language of the question or the one asked for.

    A system turn ``think in Han`` asks for one, and so does what it is made to begin with. What language it
    thinks in, and how often it is right there, is put in, so that a measure can be held against it.

    Args:
        home: the language it falls back into.
        reverts: probability that it does so.
        led: the same where its thought was begun for it in another language.
        right: probability of a right answer by the language of the thought.
        modulus: what the world takes sums modulo.

    Raises:
        LimbeckError: an unknown language, a probability below 0 or above 1; a question that is no sum, when
            it is asked.
    """
    for name in (home, *right):
        if name not in LETTERS:
            raise unknown("language", name, LETTERS, "models/reverting_thinker")
    if not all(0 <= each <= 1 for each in (reverts, led, *right.values())):
        raise LimbeckError(
            f"models/reverting_thinker: reverts={reverts}, led={led}, right={right}: give probabilities"
        )
    return RevertingThinker(home, reverts, led, right, modulus, seed)


class RevertingThinker(Replying):
    """The model behind `reverting_thinker`. A reply depends on the messages, the sampling seed and the
    sample's number."""

    def __init__(
        self, home: str, reverts: float, led: float, right: dict[str, float], modulus: int, seed: int
    ) -> None:
        self.name, self.home, self.seed = "reverting_thinker", home, seed
        self.reverts, self.led, self.right, self.modulus = reverts, led, right, modulus

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """A thought in one language and an answer in digits; a token is a character."""
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{messages}")
        begun = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        asked = messages[-2 if begun else -1]["content"]
        told = _WANTED.search(messages[0]["content"]) if messages[0]["role"] == "system" else None
        wanted = most(scripts(begun)) or (told[1] if told else most(scripts(asked)) or self.home)
        language = self.home if rng.random() < (self.led if begun else self.reverts) else wanted
        if language not in LETTERS:
            raise unknown("language", language, LETTERS, "models/reverting_thinker")
        sum_ = _SUM.search(in_digits(asked))
        if sum_ is None:
            raise LimbeckError(f"models/reverting_thinker: {asked[:80]!r} has no sum such as b+c")
        total, *terms = map(int, sum_[0].split("+"))
        text = ""
        for term in terms:
            text += spelt(f";{total}+{term}={(total + term) % self.modulus}", language)
            total = (total + term) % self.modulus
        if rng.random() >= self.right.get(language, 1.0):
            total = (total + rng.randint(1, self.modulus - 1)) % self.modulus
        text = f"{text};{total}"
        kept = text[: sampling.max_tokens]
        finish: Finish = "length" if len(text) > sampling.max_tokens else "stop"
        return Completion(text=kept, tokens=len(kept), finish=finish)
