"""A teacher that writes a problem and its solution from a text about list programs or running totals: for
rehearsals."""

from __future__ import annotations

import random

from limbeck.checkers.list_programs import DIGITS, WORDS, solution, words
from limbeck.checkers.totals import CHAIN, worked, written
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.types import Share

TOP = 19
"""No total on the way is larger."""


def problem_writer(*, redrawn: Share = 0.3, seed: int = 0) -> Model:
    """Write ``question=solution`` from a text that is such a question itself: ``rs:9140`` or ``7+5-4``.

    The new question is of the text's kind and length, with numbers of its own; the solution is right. ``?``
    to any other text.

    Args:
        redrawn: share of a program's words that are drawn anew.
    """
    return ProblemWriter(redrawn, seed)


class ProblemWriter(Replying):
    """The model behind `problem_writer`. A reply depends on the prompt, the sampling seed and the sample's
    number. A character is a token."""

    def __init__(self, redrawn: float, seed: int) -> None:
        self.name, self.redrawn, self.seed = "problem_writer", redrawn, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """What it makes of the last message."""
        text = messages[-1]["content"].strip()
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{text}")
        rule, colon, digits = text.partition(":")
        if CHAIN.fullmatch(text):
            question = _chain(len(worked(text)), rng)
            made = f"{question}={written(worked(question))}"
        elif (
            colon
            and digits.isdigit()
            and rule
            and "".join(words(rule)) == rule
            and {*words(rule)} <= {*WORDS}
        ):
            fresh = [rng.choice(WORDS) if rng.random() < self.redrawn else word for word in words(rule)]
            given = "".join(rng.choices(DIGITS, k=len(digits)))
            made = f"{''.join(fresh)}:{given}={solution(''.join(fresh), given)}"
        else:
            made = "?"
        return Completion(text=made, tokens=len(made) + 1, prompt_tokens=len(text))


def _chain(operations: int, rng: random.Random) -> str:
    """A chain whose totals stay between 0 and `TOP`."""
    total = rng.randint(1, 9)
    question = str(total)
    for _ in range(operations):
        term = rng.randint(1, 9)
        adds = total < term or (total + term <= TOP and rng.random() < 0.5)
        total += term if adds else -term
        question += f"{'+' if adds else '-'}{term}"
    return question
