"""Someone who adds one pair of digits rightly and a whole sum in haste: for rehearsals."""

from __future__ import annotations

import random
import re

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying

ADD, REST, CHECK = "add the next digit", "add all that is left", "check the last addition"
_SUM = re.compile(r"\d(?:\+\d)+(?!\S)")
_WANTED = re.compile(r"in exactly (\d+) steps")
_STRATEGY = re.compile(r"thinking aloud: ([^.]*)\.")
_ADDED = re.compile(r"(?<![!\d])(\d)\+(\d)=(\d)")
"""An addition; a check has ``!`` before it and adds nothing."""
_LISTED = re.compile(r"^\d+\. [;!]?\d\+\d=\d", re.MULTILINE)


def short_thinker(*, wrong: float = 0.02, hasty: float = 0.25, seed: int = 0) -> Model:
    """Answer sums of `problems/padded` at once; asked by `teachers/flows` and `teachers/along_flow`, plan
    them, add one digit a step, and say the answer.

    Args:
        wrong: probability that an addition is off by one where a step is one addition.
        hasty: the same where several are done at once, of each but the first.

    Raises:
        LimbeckError: a probability below 0 or above 1.
    """
    if not (0 <= wrong <= 1 and 0 <= hasty <= 1):
        raise LimbeckError(f"models/short_thinker: wrong={wrong}, hasty={hasty}: probabilities from 0 to 1")
    return ShortThinker(wrong, hasty, seed)


class ShortThinker(Replying):
    """The model behind `short_thinker`. Replies depend on the messages, the sampling seed and the sample's
    number."""

    def __init__(self, wrong: float, hasty: float, seed: int) -> None:
        self.name, self.wrong, self.hasty, self.seed = "short_thinker", wrong, hasty, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """A short reply; a token is a character."""
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{messages}")
        text = self._text(messages[-1]["content"], rng)
        cut = len(text) + 1 > sampling.max_tokens
        tokens = min(len(text) + 1, sampling.max_tokens)
        shown = text[: sampling.max_tokens]
        return Completion(text=shown, finish="length" if cut else "stop", tokens=tokens)

    def _text(self, asked: str, rng: random.Random) -> str:
        if "What strategy" in asked:
            return "\n".join(_named(asked))
        _, further, rest = asked.rpartition("A further question:\n")
        if further:
            wanted = _WANTED.search(rest)
            additions = _sum(rest).count("+")
            return "\n".join(_plan(additions, int(wanted[1]) if wanted else additions))
        first, *terms = map(int, _sum(asked).split("+"))
        added = [tuple(map(int, each)) for each in _ADDED.findall(asked)]
        total = added[-1][2] if added else first
        left = terms[len(added) :]
        if strategy := _STRATEGY.search(asked):
            return self._step(strategy[1], total, left, added, rng)
        if "final answer" in asked:
            return str(total)
        return f";{self._sum_up(total, left, rng)}"

    def _step(
        self, strategy: str, total: int, left: list[int], added: list[tuple[int, ...]], rng: random.Random
    ) -> str:
        if strategy == ADD and left:
            return f"{total}+{left[0]}={(total + left[0] + (rng.random() < self.wrong)) % 10}"
        if strategy == REST and left:
            # Only the last addition can be seen, so that what it adds to holds the haste.
            before = self._sum_up(total, left[:-1], rng)
            slip = len(left) > 1 and rng.random() < self.hasty
            return f"{before}+{left[-1]}={(before + left[-1] + slip) % 10}"
        if not added:
            return f"{total}"
        left_digit, right_digit, result = added[-1]
        return f"!{right_digit}+{left_digit}={result}"

    def _sum_up(self, total: int, terms: list[int], rng: random.Random) -> int:
        for at, term in enumerate(terms):
            total = (total + term + (at > 0 and rng.random() < self.hasty)) % 10
        return total


def _sum(text: str) -> str:
    """The first sum in a text; 0 where there is none."""
    match = _SUM.search(text)
    return match[0] if match else "0"


def _plan(additions: int, budget: int) -> list[str]:
    """A strategy a step: as many checks, one behind each addition in turn, as the budget leaves room for."""
    if budget < additions:
        return [ADD] * (budget - 1) + [REST]
    checks, more = divmod(budget - additions, max(additions, 1))
    return [strategy for at in range(additions) for strategy in [ADD] + [CHECK] * (checks + (at < more))]


def _named(asked: str) -> list[str]:
    return [CHECK if "!" in step else ADD for step in _LISTED.findall(asked)]
