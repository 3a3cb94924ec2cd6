"""A checker of deductions that knows what is right and errs as often as it is told: for rehearsals."""

from __future__ import annotations

import json
import random
import re
from typing import Literal

from limbeck.checkers.deductions import first_wrong, follows
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.texts.natural_program import Statement, statements

_STEP = re.compile(r"<step-(\d+)-(\w+)>\n(.*?)\n</step-\1-\2>", re.S)
_SOLUTION = re.compile(r"<solution-(\w+)>\n(.*?)\n</solution-\1>", re.S)
_CODE = re.compile(r'"code": "(\w+)"')
_BOXED = re.compile(r"\\boxed\{(-?\d+)\}")


def noisy_checker(
    *,
    rate: float = 0.1,
    per: Literal["statement", "reply"] = "statement",
    uneven: float = 0.0,
    same: float = 0.5,
    repair: float = 0.5,
    spoil: float = 0.1,
    seed: int = 0,
) -> Model:
    """Check chains of `problems/deductions` for `verifiers/deductive`, ``judge``, ``first_error`` and
    ``self_check``.

    It recomputes the steps that it is shown and then errs at random. Asked whether steps hold, it misjudges
    each of them with probability ``rate``, one alone as often as one among many (``per: statement``), or its
    reply as a whole (``per: reply``). Asked for the first wrong step it names another label with probability
    ``rate``. Asked again it mends a wrong label with probability ``repair`` and gives up a right one with
    probability ``spoil``.

    Args:
        rate: of errors, the mean over all chains.
        uneven: how much chains differ in being misjudged, for first wrong steps: the probability is drawn for
            each chain from a beta distribution of mean ``rate`` and variance ``rate (1 - rate) uneven``; 0
            for all alike.
        same: share of wrong labels that are the chain's own tempting one; the rest are any other.

    Raises:
        LimbeckError: a probability below 0 or above 1, or ``uneven`` not below 1.
    """
    values = {"rate": rate, "uneven": uneven, "same": same, "repair": repair, "spoil": spoil}
    for name, value in values.items():
        if not 0 <= value <= 1 or (name == "uneven" and value == 1):
            raise LimbeckError(f"models/noisy_checker: {name}={value}: a probability lies between 0 and 1")
    return NoisyChecker(values, per, seed)


class NoisyChecker(Replying):
    """The model behind `noisy_checker`. A reply depends on the messages, the sampling seed and the sample's
    number."""

    def __init__(self, values: dict[str, float], per: str, seed: int) -> None:
        self.name, self.values, self.per, self.seed = "noisy_checker", values, per, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """A check with its verdict, right or in error."""
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{messages}")
        text = self._text(messages, rng)
        return Completion(text=text, tokens=len(text.split()))

    def _text(self, messages: Messages, rng: random.Random) -> str:
        first = messages[0]["content"]
        if tagged := _STEP.findall(first):
            shown = statements("\n".join(body for _, _, body in tagged))
            return f"I looked at every step.\n\\boxed{{{self._label(messages, shown, rng)}}}"
        # The whole chain stands between tags; one step stands under its own heading, behind what it cites.
        told, alone, step = first.rpartition("here is a step of reasoning:\n")
        if alone:
            premises = [premise.text for premise in statements(told)]
            passed = [follows(statement.text, premises) for statement in statements(step)]
        else:
            whole = _SOLUTION.search(first)
            shown = statements(whole[2] if whole else first)
            passed = [_follows(shown[at], shown) for at in _steps(shown)]
        if self.per == "reply":
            right = all(passed) != (rng.random() < self.values["rate"])
        else:
            right = all(sound != (rng.random() < self.values["rate"]) for sound in passed)
        if alone:
            return f"I checked it.\n{'yes' if right else 'no'}"
        codes = _CODE.findall(first)
        reply = {"code": codes[-1] if codes else "", "correct": right}
        return f"I checked it.\n{json.dumps(reply)}"

    def _label(self, messages: Messages, shown: list[Statement], rng: random.Random) -> int:
        """The first wrong step, -1 for none, or another label where it errs."""
        truth = first_wrong(shown)
        # Drawn from the chain alone, so that every sample meets the same temptation and difficulty.
        chain_rng = random.Random(f"{self.seed}/{messages[0]['content']}")
        others = [label for label in [-1, *_steps(shown)] if label != truth]
        tempting = chain_rng.choice(others)
        erring = tempting if rng.random() < self.values["same"] else rng.choice(others)
        labels = _BOXED.findall(messages[-2]["content"]) if len(messages) > 1 else []
        if not labels:
            return erring if rng.random() < self._difficulty(chain_rng) else truth
        before = int(labels[-1])
        if before == truth:
            return erring if rng.random() < self.values["spoil"] else truth
        return truth if rng.random() < self.values["repair"] else before

    def _difficulty(self, chain_rng: random.Random) -> float:
        """How often a chain is misjudged."""
        rate, uneven = self.values["rate"], self.values["uneven"]
        if not uneven or rate in (0, 1):
            return rate
        size = 1 / uneven - 1
        return chain_rng.betavariate(rate * size, (1 - rate) * size)


def _steps(shown: list[Statement]) -> list[int]:
    """Places of the statements that are steps: those that cite others."""
    return [place for place, statement in enumerate(shown) if statement.cites is not None]


def _follows(step: Statement, shown: list[Statement]) -> bool:
    known = {statement.number: statement.text for statement in shown}
    return follows(step.text, [known[number] for number in step.cites or () if number in known])
