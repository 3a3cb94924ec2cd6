"""A thinker who is right at first and drifts away from it the longer it thinks: for rehearsals."""

from __future__ import annotations

import random
import re

from limbeck.checkers.totals import CHAIN, worked
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.records import Finish
from limbeck.types import Count, Share

GIVES = ("text", "prefix")
_NUMBER = re.compile(r"\d+")


def drifter(*, thoughts: Count = 8, drift: Share = 0.1, wander: Share = 0.0, seed: int = 0) -> Model:
    """Answer chains of `problems/totals` after so many subthoughts, in each of which it may drift from right
    to wrong.

    ``Wait, it is 12.``, a line each. Once wrong it never comes back, so that with m subthoughts it is right
    with (1 - drift)^m in the end. Made to go on behind some of them it concludes at once, with the number
    that the last of them has.

    Args:
        drift: probability that a subthought leaves the right number for one of nine wrong ones.
        wander: probability that a later one leaves a wrong number for another wrong one.

    Raises:
        LimbeckError: a question that is no chain, when it is asked.
    """
    return Drifter(thoughts, drift, wander, seed)


class Drifter(Replying):
    """The model behind `drifter`. A reply depends on seed, question, sampling seed and number; a token is a
    word."""

    def __init__(self, thoughts: int, drift: float, wander: float, seed: int) -> None:
        self.name, self.thoughts, self.drift, self.wander, self.seed = (
            "drifter",
            thoughts,
            drift,
            wander,
            seed,
        )

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """Subthoughts and an answer, or an answer to those that it has begun with."""
        begun = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        asked = messages[-2 if begun else -1]["content"]
        chain = CHAIN.search(asked)
        if chain is None:
            raise LimbeckError(f"models/drifter: no chain such as 7+5-4 in {asked[:80]!r}")
        text = self._ended(begun) if begun else self._whole(chain[0], number, sampling)
        words = text.split(" ")
        finish: Finish = "length" if len(words) > sampling.max_tokens else "stop"
        tokens = min(len(words), sampling.max_tokens)
        return Completion(text=" ".join(words[:tokens]), tokens=tokens, finish=finish)

    def _whole(self, chain: str, number: int, sampling: Sampling) -> str:
        rng = random.Random(f"drifter/{self.seed}/{sampling.seed}/{number}/{chain}")
        right = worked(chain)[-1][-1]
        wrong = [right + off for off in range(1, 10)]
        value, lines = right, []
        for thought in range(self.thoughts):
            if value == right:
                value = rng.choice(wrong) if rng.random() < self.drift else right
            elif rng.random() < self.wander:
                value = rng.choice([each for each in wrong if each != value])
            lines.append(f"{'Wait, it' if thought else 'It'} is {value}.\n")
        return f"<think>\n{''.join(lines)}</think>\n\n{value}"

    def _ended(self, begun: str) -> str:
        numbers = _NUMBER.findall(begun)
        return f"</think>\n\n{numbers[-1] if numbers else '?'}"
