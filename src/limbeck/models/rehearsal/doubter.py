"""A model that notices missing premises and does with that what it is told: for rehearsals."""

from __future__ import annotations

import random
import re

from limbeck.checkers.word_problems import conditions, solve
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.types import Count, CountOrNone, Share

_SENTENCE = re.compile(r"[^.?!]+[.?!]")
SUSPICIONS = (
    "Something is not given here.",
    "The problem does not say all of it.",
    "There is not enough information on the {asked}.",
    "It is not specified how the {asked} are counted.",
)
UNUSUAL = "Nothing here leads to the {asked}."
"""A suspicion without any of the words by which one is told."""
DOUBTS = (
    "Wait, maybe I misread it. {premise}",
    "Alternatively, perhaps it goes on from this: {premise}",
    "Hmm, but let me check it again. {premise}",
    "Maybe it might be meant otherwise. {premise}",
)
END = "It cannot be determined."


def doubter(
    *,
    abstains: Share = 0.5,
    suspects: Count = 2,
    doubts: CountOrNone = 0,
    unusual: Share = 0.0,
    seed: int = 0,
) -> Model:
    """Answer questions of `problems/word_problems`, and of those with a premise missing say so in the end, or
    guess.

    A well-posed question is worked out in a paragraph for each condition, without doubts. Of an ill-posed one
    the suspicion comes in paragraph ``suspects``, doubts follow, then the end.

    Args:
        abstains: probability that an ill-posed question ends with `END`, not with a guess.
        suspects: number of the paragraph that says something is missing, from 1; those before restate.
        doubts: paragraphs of doubt behind it.
        unusual: share of suspicions that are worded as nobody expects.
    """
    return Doubter(abstains, suspects, doubts, unusual, seed)


class Doubter(Replying):
    """The model behind `doubter`. A reply depends on the question, the sampling seed and the sample's number;
    a token is a word."""

    def __init__(self, abstains: float, suspects: int, doubts: int, unusual: float, seed: int) -> None:
        self.name, self.seed, self.abstains = "doubter", seed, abstains
        self.suspects, self.doubts, self.unusual = suspects, doubts, unusual

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """A thought in paragraphs, and an answer."""
        question = messages[-1]["content"]
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{question}")
        sentences = [each.strip() for each in _SENTENCE.findall(question)]
        rows, asked = conditions(sentences)
        premises = [each for each in sentences if not each.endswith("?")]
        if not asked or not premises:
            raise LimbeckError(f"models/doubter: {question[:80]!r} is no question of problems/word_problems")
        values = solve(rows) or {}
        if asked in values:
            paragraphs = [*premises, f"So there are {values[asked]} {asked}."]
            answer = str(values[asked])
        else:
            paragraphs, answer = self._lacking(premises, asked, rng)
        text = "<think>\n" + "\n\n".join(paragraphs) + f"\n</think>\n\n{answer}"
        return Completion(text=text, finish="stop", tokens=len(text.split()))

    def _lacking(self, premises: list[str], asked: str, rng: random.Random) -> tuple[list[str], str]:
        told = [premises[place % len(premises)] for place in range(self.suspects - 1)]
        odd = rng.random() < self.unusual
        told.append((UNUSUAL if odd else rng.choice(SUSPICIONS)).format(asked=asked))
        told += [rng.choice(DOUBTS).format(premise=rng.choice(premises)) for _ in range(self.doubts)]
        if rng.random() < self.abstains:
            return told, END
        guess = rng.randint(2, 40)
        return [*told, "Then I take what is most likely.", f"So there are {guess} {asked}."], str(guess)
