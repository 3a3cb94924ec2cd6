"""Someone who works out digit chains and goes on wherever one was left: for rehearsals."""

from __future__ import annotations

import random
import re

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying

GIVES = ("text", "prefix")


def rewriter(*, wrong: float = 0.1, restated: float = 0.3, seed: int = 0) -> Model:
    """Solve chains of `problems/haste`, from the beginning or from any prefix: ``;8-0+3:8-0+3;8+3;1``.

    Args:
        wrong: probability that an operation is off by one; what follows goes on from it.
        restated: probability that a line, or a repetition of it, is written again, after ``:``.

    Raises:
        LimbeckError: a probability below 0 or above 1, or of repetitions that never end.
    """
    if not (0 <= wrong <= 1 and 0 <= restated < 1):
        raise LimbeckError(
            f"models/rewriter: wrong={wrong}, restated={restated}: probabilities from 0 to 1, that of a "
            "repetition below 1"
        )
    return Rewriter(wrong, restated, seed)


class Rewriter(Replying):
    """The model behind `rewriter`. Replies depend on the messages, the sampling seed and the sample's
    number."""

    def __init__(self, wrong: float, restated: float, seed: int) -> None:
        self.name, self.wrong, self.restated, self.seed = "rewriter", wrong, restated, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """The rest of a chain; a token is a character."""
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{messages}")
        begun = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        question = next(turn["content"] for turn in reversed(messages) if turn["role"] == "user")
        text = self._rest(question, begun, rng)
        shown = text[: sampling.max_tokens]
        cut = len(text) + 1 > sampling.max_tokens
        tokens = min(len(text) + 1, sampling.max_tokens)
        return Completion(text=shown, finish="length" if cut else "stop", tokens=tokens)

    def _rest(self, question: str, begun: str, rng: random.Random) -> str:
        line = re.split("[;!:]", begun)[-1] or question
        text = self._repeated(line, rng) if begun else ""
        while len(line) > 1:
            line = self._reduced(line, rng)
            text += f";{line}{self._repeated(line, rng)}"
        return text

    def _repeated(self, line: str, rng: random.Random) -> str:
        text = ""
        while len(line) > 1 and rng.random() < self.restated:
            text += f":{line}"
        return text

    def _reduced(self, line: str, rng: random.Random) -> str:
        """One operation carried out, multiplication first, modulo 10."""
        at = line.index("*") if "*" in line else 1
        left, right = int(line[at - 1]), int(line[at + 1])
        value = {"+": left + right, "-": left - right, "*": left * right}[line[at]]
        return f"{line[: at - 1]}{(value + (rng.random() < self.wrong)) % 10}{line[at + 2 :]}"
