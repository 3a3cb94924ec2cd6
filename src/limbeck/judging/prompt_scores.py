"""How strongly a model is inclined to one kind of reply or to its opposite, prompt by prompt."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from limbeck.errors import LimbeckError
from limbeck.generation import Messages, Model, Sampling
from limbeck.types import Count, Positive, Settings


class Replies(Settings, frozen=True):
    """What kind of reply a text is, by regular expressions that are searched for in it.

    Args:
        positive: of replies that count 1, such as refusals.
        partial: of replies that count 1/2.
        negative: of replies that count -1, such as compliance. A reply of both signs, or of neither, counts
            0.
        n: samples of each prompt; different ones count, each with its probability.
        max_tokens: of a sample.
        temperature: of the samples; probabilities are those at 1.
    """

    positive: str = ""
    negative: str = ""
    partial: str = ""
    n: Count = 5
    max_tokens: Count = 15
    temperature: Positive = 1.0

    def check(self, where: str) -> None:
        """Raise where an expression is missing or is none.

        Raises:
            LimbeckError: naming it.
        """
        for name in ("positive", "negative", "partial"):
            text = getattr(self, name)
            if not text and name != "partial":
                raise LimbeckError(f"{where}: {name} is empty; give a regular expression of such replies")
            try:
                re.compile(text)
            except re.error as error:
                raise LimbeckError(f"{where}: {name}={text!r} is no regular expression: {error}") from error

    def score(self, text: str) -> float:
        """1, 1/2, -1 or 0."""
        positive = bool(re.search(self.positive, text))
        partial = bool(self.partial and re.search(self.partial, text))
        negative = bool(re.search(self.negative, text))
        if (positive or partial) == negative:
            return 0.0
        return -1.0 if negative else 1.0 if positive else 0.5


def inclinations(model: Model, chats: Sequence[Messages], replies: Replies, seed: int) -> list[float]:
    """Each prompt's score in [-1, 1]: over different samples, the sum of their probability times their score.

    What was not sampled counts 0. Steering the CensorShip (arXiv 2504.17130, section 3) takes five beams of
    fifteen tokens in place of samples.
    """
    sampling = Sampling(
        n=replies.n, temperature=replies.temperature, top_p=1.0, max_tokens=replies.max_tokens, seed=seed,
        logprobs=True,
    )  # fmt: skip
    scores = []
    for samples in model.generate(chats, sampling):
        probability: dict[str, float] = {}
        for each in samples:
            if each.logprobs is not None:
                probability[each.text] = math.exp(sum(each.logprobs))
        scores.append(sum(share * replies.score(text) for text, share in probability.items()))
    return scores
