"""A teacher that works with tools and errs as often as it is told: for rehearsals of agents."""

from __future__ import annotations

import random
import re

from limbeck.agents.actions import CLOSING, OPENING
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying

_QUESTION = re.compile(r"([a-z]+|\d+)([+*])(\d+)")
_SEEN = re.compile(f"{re.escape(OPENING)}(.*?){re.escape(CLOSING)}", re.S)
PLANS = {"look up": "look up, then reckon\n", "reckon": "reckon\n"}
PLAN = "plan "
"""What begins a question that asks for a plan and no tools."""


def noisy_agent(
    *,
    lost: float = 0.0,
    garbled: float = 0.05,
    raises: float = 0.05,
    slip: float = 0.05,
    seed: int = 0,
) -> Model:
    """Solve the questions of `problems/errands` for `teachers/agent`, with mishaps.

    Asked ``plan lun*738`` it says how to go about it. As an agent it looks a name up, reckons and answers.
    The plan that it makes for itself as an agent is no good with probability ``lost``: it then answers with a
    number out of its head. Behind a plan that it was given it is never lost.

    Args:
        garbled: probability that a step holds no block.
        raises: probability that its program raises.
        slip: probability that a step is carried out with a wrong digit or letter.

    Raises:
        LimbeckError: no probability, or mishaps that add up to more than 1; while asked, another question.
    """
    values = {"lost": lost, "garbled": garbled, "raises": raises, "slip": slip}
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise LimbeckError(f"models/noisy_agent: {name}={value}: a probability lies between 0 and 1")
    if garbled + raises + slip > 1:
        raise LimbeckError("models/noisy_agent: garbled, raises and slip add up to more than 1")
    return NoisyAgent(values, seed)


class NoisyAgent(Replying):
    """The model behind `noisy_agent`. A reply depends on the messages, the sampling seed and the sample's
    number."""

    def __init__(self, values: dict[str, float], seed: int) -> None:
        self.name, self.values, self.seed = "noisy_agent", values, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """A plan, or the next step."""
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{messages}")
        question, *rest = (turn["content"] for turn in messages if turn["role"] != "system")
        planning = question.startswith(PLAN)
        match = _QUESTION.search(question)
        if not match:
            raise LimbeckError(f"models/noisy_agent: {question[:80]!r} is no question of problems/errands")
        if planning:
            guess = rng.randint(100, 999)
            text = f"{PLANS['look up' if match[1].isalpha() else 'reckon']}\nthat makes about {guess}"
        else:
            text = self._step(match, question, "\n".join(rest), rng)
        return Completion(text=text, tokens=len(text))

    def _step(self, match: re.Match[str], question: str, written: str, rng: random.Random) -> str:
        """The next step behind what was written and seen."""
        first, sign, second = match.groups()
        seen = _SEEN.findall(f"{written}\n")
        useful = [text for text in seen if re.fullmatch(r"(?:[a-z]+ )?\d+", text.partition("\n")[0])]
        planned = any(plan.strip() in f"{question}\n{written}" for plan in PLANS.values())
        if not seen and not planned and rng.random() < self.values["lost"]:
            return f"```answer\n{rng.randint(100, 999)}\n```"
        thought = "" if planned or seen else PLANS["look up" if first.isalpha() else "reckon"]
        last = useful[-1].partition("\n")[0] if useful else ""
        if last.isdecimal():
            return f"{thought}```answer\n{last}\n```"
        if first.isalpha() and not last:
            return thought + self._mishap("search", first, rng)
        value = last.rpartition(" ")[2] or first
        return thought + self._mishap("python", f"{value}{sign}{second}", rng)

    def _mishap(self, tool: str, given: str, rng: random.Random) -> str:
        """A block, or what became of it."""
        drawn = rng.random()
        for kind in ("garbled", "raises", "slip"):
            if drawn < self.values[kind]:
                break
            drawn -= self.values[kind]
        else:
            kind = ""
        if kind == "garbled":
            return f"{tool} {given}"
        if kind == "raises" and tool == "python":
            return f"```python\n{given}+x\n```"
        if kind == "slip":
            place = rng.randrange(3)
            letters = "bdfgklmnprst" if given[place].isalpha() else "123456789"
            others = [letter for letter in letters if letter != given[place]]
            given = given[:place] + rng.choice(others) + given[place + 1 :]
        return f"```{tool}\n{given}\n```"
