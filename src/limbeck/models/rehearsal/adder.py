"""Someone who adds up digits and goes on wherever a sum was left: for rehearsals."""

from __future__ import annotations

import random

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying

GIVES = ("text", "prefix")


def adder(*, wrong: float = 0.1, redundant: float = 0.3, seed: int = 0) -> Model:
    """Solve sums of `problems/padded`, from the beginning or from any prefix: ``;3+8=1!8+3=1;1+5=6;6``.

    Args:
        wrong: probability that an addition is off by one; what follows goes on from it.
        redundant: probability that a step, or a check of it, is followed by a check.

    Raises:
        LimbeckError: a probability below 0, or of checks that never end.
    """
    if not (0 <= wrong <= 1 and 0 <= redundant < 1):
        raise LimbeckError(
            f"models/adder: wrong={wrong}, redundant={redundant}: probabilities from 0 to 1, that of a check "
            "below 1"
        )
    return Adder(wrong, redundant, seed)


class Adder(Replying):
    """The model behind `adder`. Replies depend on the messages, the sampling seed and the sample's number."""

    def __init__(self, wrong: float, redundant: float, seed: int) -> None:
        self.name, self.wrong, self.redundant, self.seed = "adder", wrong, redundant, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """The rest of a sum; a token is a character."""
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{messages}")
        begun = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
        question = next(turn["content"] for turn in reversed(messages) if turn["role"] == "user")
        text = self._rest(question, begun, rng)
        cut = len(text) + 1 > sampling.max_tokens
        shown = text[: sampling.max_tokens] if cut else text
        tokens = min(len(text) + 1, sampling.max_tokens)
        return Completion(text=shown, finish="length" if cut else "stop", tokens=tokens)

    def _rest(self, question: str, begun: str, rng: random.Random) -> str:
        first, *terms = map(int, question.split("+"))
        lines = [line for line in begun.split(";")[1:] if "=" in line]
        last = lines[-1] if lines else f"{first}"
        total = int(last.rpartition("=")[2]) if lines else first
        text = ""
        if lines:
            text += self._checks(*_read(last.split("!")[0]), rng)
        for term in terms[len(lines) :]:
            right = (total + term + (rng.random() < self.wrong)) % 10
            text += f";{total}+{term}={right}" + self._checks(total, term, right, rng)
            total = right
        return f"{text};{total}"

    def _checks(self, left: int, term: int, total: int, rng: random.Random) -> str:
        checks = ""
        while rng.random() < self.redundant:
            checks += f"!{term}+{left}={total}"
        return checks


def _read(line: str) -> tuple[int, int, int]:
    """The numbers of ``3+8=1``."""
    sides, _, total = line.partition("=")
    left, _, term = sides.partition("+")
    return int(left), int(term), int(total)
