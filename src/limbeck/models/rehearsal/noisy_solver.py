"""A teacher of running totals that errs as it is told, for rehearsing schemes of several teachers."""

from __future__ import annotations

import random
import re
from typing import Literal

from limbeck.checkers.totals import CHAIN, Step, first_false, worked, written
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.pipeline.usage import FIELDS
from limbeck.types import Count, CountOrNone, Settings, Share

GARBLED = ("A fine solution.", "5", "[9]", "[]", "[4", "five of five")
LONGEST = 8
"""Lines of a solution in style ``long``."""


class Erring(Settings, frozen=True):
    """How the teacher errs.

    Args:
        slip: probability that a step is off, anew in each sample.
        stumbles: digits; whoever takes away a number with one of them takes it away twice, in every sample.
            No majority of this teacher's own samples outvotes that, and no other digit gives the same error.
        planted: probability that a chain that would be right holds a false step and yet the right answer.
        mends: how often a chain that misses the answer it was told is begun anew.
        bends: probability that the last total is then written as told, whatever the step gives.
        misjudge: probability that a review takes a sound solution for an unsound one, or the other way.
        garbled: share of reviews without a readable score.
    """

    slip: Share = 0.1
    stumbles: str = ""
    planted: Share = 0.0
    mends: CountOrNone = 2
    bends: Share = 0.5
    misjudge: Share = 0.0
    garbled: Share = 0.0


def noisy_solver(
    *,
    erring: Erring = Erring(),
    style: Literal["steps", "adaptive", "long", "noisy"] = "steps",
    checks: Count = 2,
    seed: int = 0,
) -> Model:
    """Work out chains of `problems/totals`, be told the answer, review, point out a mistake, shorten.

    What it is asked it knows by the form: ``7+5-4`` is to be solved; ``7+5-4>8`` too, with the answer told.
    ``review CHAIN: SOLUTION`` is answered by ``[5]`` where every step is right, else ``[1]``;
    ``mistake CHAIN: SOLUTION`` by the first false step's number and that step done rightly, ``1;12-4=8``;
    ``shorten CHAIN: SOLUTION`` by its totals alone. All of it is a rehearsal: what a hint or a review is
    worth here was put in.

    Args:
        style: ``adaptive`` follows each step of a chain of more than two by ``checks`` checks, ``long`` fills
            up every solution to eight lines, ``noisy`` puts letters at random in front of each step.

    Raises:
        LimbeckError: ``stumbles`` that are no digits, or a question that is no chain, when it is asked.
    """
    if erring.stumbles and not erring.stumbles.isdecimal():
        raise LimbeckError(f"models/noisy_solver: stumbles={erring.stumbles!r}: give digits, such as '7'")
    return NoisySolver(erring, style, checks, seed)


class NoisySolver(Replying):
    """The model behind `noisy_solver`. A reply depends on name, seed, messages, sampling seed and number."""

    def __init__(self, erring: Erring, style: str, checks: int, seed: int) -> None:
        self.name, self.seed = "noisy_solver", seed
        self.erring, self.style, self.checks = erring, style, checks
        # As endpoints count, so that schemes can be compared at equal spend; a token is a character.
        self.usage = dict.fromkeys(FIELDS, 0)
        self.price_in = self.price_out = 0.0

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """What it is asked for; a token is a character."""
        asked = messages[-1]["content"]
        chain = CHAIN.search(asked)
        if chain is None:
            raise LimbeckError(f"models/noisy_solver: no chain such as 7+5-4 in {asked[:80]!r}")
        rng = random.Random(f"{self.name}/{self.seed}/{sampling.seed}/{number}/{asked}")
        task, _, solution = asked.partition(f"{chain[0]}: ")
        if solution and task.strip() in _TASKS:
            text = _TASKS[task.strip()](self, chain[0], solution, rng)
        else:
            told = re.match(r">(\d+)", asked[chain.end() :])
            text = self._solved(chain[0], int(told[1]) if told else None, rng)
        cut = len(text) > sampling.max_tokens
        kept = text[: sampling.max_tokens]
        for field, amount in zip(FIELDS, (1, len(asked), len(kept)), strict=False):
            self.usage[field] += amount
        return Completion(text=kept, tokens=len(kept), finish="length" if cut else "stop")

    def _solved(self, chain: str, told: int | None, rng: random.Random) -> str:
        steps = self._tried(chain, rng)
        for _ in range(self.erring.mends if told is not None else 0):
            if steps[-1][-1] == told:
                break
            steps = self._tried(chain, rng)
        if told is not None:
            if rng.random() < self.erring.bends:
                steps[-1] = (*steps[-1][:3], told)
        elif steps == worked(chain) and rng.random() < self.erring.planted:
            at = rng.randrange(len(steps))
            steps[at] = (*steps[at][:3], steps[at][3] + rng.choice((1, 2)))
            return self._styled(steps, worked(chain)[-1][-1], rng)
        return self._styled(steps, steps[-1][-1], rng)

    def _tried(self, chain: str, rng: random.Random) -> list[Step]:
        """The steps as this teacher does them; an error is carried on."""
        left, steps = worked(chain)[0][0], list[Step]()
        for _, sign, right, _ in worked(chain):
            total = left + right if sign == "+" else left - right
            total -= right * (sign == "-" and any(digit in self.erring.stumbles for digit in str(right)))
            total += rng.choice((1, 2)) if rng.random() < self.erring.slip else 0
            steps.append((left, sign, right, total))
            left = total
        return steps

    def _styled(self, steps: list[Step], answer: int, rng: random.Random) -> str:
        lines = written(steps, answer).splitlines()
        checked = [_check(step) for step in steps]
        if self.style == "adaptive" and len(steps) > 2:
            pairs = zip(lines, checked, strict=False)
            lines = [each for line, check in pairs for each in (line, *[check] * self.checks)] + lines[-1:]
        elif self.style == "long":
            filling = [checked[at % len(checked)] for at in range(LONGEST - len(lines))]
            lines = [*lines[:-1], *filling, lines[-1]]
        elif self.style == "noisy":
            lines = ["".join(rng.choices("abcdef", k=rng.randint(0, 9))) + "\n" + line for line in lines]
        return "\n".join(lines)

    def _reviewed(self, chain: str, solution: str, rng: random.Random) -> str:
        if rng.random() < self.erring.garbled:
            return rng.choice(GARBLED)
        sound = (first_false(chain, solution) is None) != (rng.random() < self.erring.misjudge)
        return f"Checked.\n[{5 if sound else 1}]"

    def _mistake(self, chain: str, solution: str, rng: random.Random) -> str:
        right, at = worked(chain), first_false(chain, solution)
        if at is None:
            return ";none"
        left, sign, term, total = right[min(at, len(right) - 1)]
        return f"{at};{left}{sign}{term}={total}\n;{right[-1][-1]}"

    def _shortened(self, chain: str, solution: str, rng: random.Random) -> str:
        """The totals of its equations alone; checks and letters are left out."""
        totals = re.findall(r"^\d+[+-]\d+=(-?\d+)$", solution, re.M)
        return "\n".join([*totals[:-1], f";{solution.rpartition(';')[2].strip()}"])


def _check(step: Step) -> str:
    """The step undone: ``?12-5=7`` of ``7+5=12``."""
    left, sign, right, total = step
    return f"?{total}{'-' if sign == '+' else '+'}{right}={left}"


_TASKS = {"review": NoisySolver._reviewed, "mistake": NoisySolver._mistake, "shorten": NoisySolver._shortened}
