"""Someone who shortens and rates the chains of `problems/drafts`: for rehearsals."""

from __future__ import annotations

import json
import random
import re

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying

_QUESTION = re.compile(r"(?:[a-i]\d\+\d)+")
_PAIR = re.compile(r"([a-i])(\d)\+(\d)")
LEVELS = {1: "easy", 2: "easy", 3: "medium"}
"""How hard so many additions are; more are hard."""


def editor(
    *, wrong: float = 0.02, noise: float = 0.5, only: str = "", digits: int = 10, seed: int = 0
) -> Model:
    """Rewrite a chain behind ``shorten``, as `teachers/by_difficulty` asks, or rate it behind ``rate``, for
    `curation/verbosity`.

    Easy questions are answered by their steps alone, medium ones are restated first, hard ones also have each
    step checked once.

    Args:
        wrong: probability that a rewriting has a wrong last digit.
        noise: standard deviation of ratings before they are rounded. The true ones are 2 and 3 more for each
            check that a step has, and twice the additions less 2.
        digits: what sums are taken modulo, as the problems say.
        only: the difficulty that every question counts as; empty judges each.

    Raises:
        LimbeckError: a probability below 0 or above 1, or negative noise.
    """
    if not (0 <= wrong <= 1 and noise >= 0):
        raise LimbeckError(f"models/editor: wrong={wrong}, noise={noise}: a probability, and noise from 0 on")
    return Editor(wrong, noise, only, digits, seed)


class Editor(Replying):
    """The model behind `editor`. Replies depend on the messages, the sampling seed and the sample's
    number."""

    def __init__(self, wrong: float, noise: float, only: str, digits: int, seed: int) -> None:
        self.name, self.wrong, self.noise, self.only = "editor", wrong, noise, only
        self.digits, self.seed = digits, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """A rewriting or ratings; a token is a character."""
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{messages}")
        asked = messages[-1]["content"]
        question = _QUESTION.search(asked)
        pairs = _PAIR.findall(question[0]) if question else []
        text = self._rated(asked, len(pairs), rng) if "rate" in asked else self._shortened(pairs, rng)
        tokens = len(text) + 1
        return Completion(
            text=text[: sampling.max_tokens],
            finish="length" if tokens > sampling.max_tokens else "stop",
            tokens=min(tokens, sampling.max_tokens),
        )

    def _shortened(self, pairs: list[tuple[str, str, str]], rng: random.Random) -> str:
        level = self.only or LEVELS.get(len(pairs), "hard")
        totals = [(int(left) + int(right)) % self.digits for _, left, right in pairs]
        text = (
            ""
            if level == "easy"
            else "?" + "".join(f"{letter}{left}+{right}" for letter, left, right in pairs)
        )
        for (letter, left, right), total in zip(pairs, totals, strict=True):
            text += f";{letter}{left}+{right}={total}" + (
                f"!{letter}{right}+{left}={total}" if level == "hard" else ""
            )
        if totals and rng.random() < self.wrong:
            totals[-1] = (totals[-1] + 1) % self.digits
        return f"Difficulty: {level}\n{text};{''.join(map(str, totals))}"

    def _rated(self, asked: str, additions: int, rng: random.Random) -> str:
        padding = asked.count("!") / max(additions, 1)
        true = {"verbosity": 2 + 3 * padding, "difficulty": 2 * additions - 2}
        noisy = {scale: value + rng.gauss(0, self.noise) for scale, value in true.items()}
        return json.dumps({scale: min(max(round(value), 0), 9) for scale, value in noisy.items()})
