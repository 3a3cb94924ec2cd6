"""A critic of steps that knows which criteria they fail and errs, or mixes them up: for rehearsals."""

from __future__ import annotations

import random
import re

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.judging.criteria import CRITERIA
from limbeck.models._replying import Replying
from limbeck.texts.step_checks import CHECKS, faults

_SHOWN = re.compile(r"<(problem|answer|step-\d+)-(\w+)>\n(.*?)\n</\1-\2>", re.S)
_ASKED = re.compile(r"Judge step (\d+)")


def criteria_critic(*, noise: float = 0.0, bleed: float = 0.0, garbled: float = 0.0, seed: int = 0) -> Model:
    """Judge steps for `curation/step_critic`, with errors at stated rates.

    Args:
        noise: chance that a verdict is turned around.
        bleed: chance that a step is rejected for failing another criterion than the one that was asked for.
        garbled: share of replies that are not the JSON asked for.

    Raises:
        LimbeckError: a chance below 0 or above 1.
    """
    for name, value in {"noise": noise, "bleed": bleed, "garbled": garbled}.items():
        if not 0 <= value <= 1:
            raise LimbeckError(f"models/criteria_critic: {name}={value}: it is a chance between 0 and 1")
    return CriteriaCritic(noise, bleed, garbled, seed)


class CriteriaCritic(Replying):
    """The model behind `criteria_critic`. A reply depends on the messages, the sampling seed and the sample's
    number."""

    def __init__(self, noise: float, bleed: float, garbled: float, seed: int) -> None:
        self.name, self.noise, self.bleed = "criteria_critic", noise, bleed
        self.garbled, self.seed = garbled, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """A verdict on one step."""
        asked = messages[-1]["content"]
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{asked}")
        place, rule = (
            _ASKED.search(asked),
            [each for each in CHECKS if f"The rule: {CRITERIA[each]}" in asked],
        )
        if place is None or not rule or rng.random() < self.garbled:
            return Completion(text="It is a fine step.", tokens=5)
        parts = {name: text for name, _, text in _SHOWN.findall(asked)}
        steps = [text for name, text in parts.items() if name.startswith("step-")]
        at, shown = int(place[1]), (parts.get("problem", ""), steps, parts.get("answer", ""))
        failed = [check for check in CHECKS if faults(check, *shown)[at]]
        rejects = rule[0] in failed or (bool(failed) and rng.random() < self.bleed)
        holds = rejects == (rng.random() < self.noise)
        text = f'I looked at it.\n{{"holds": {str(holds).lower()}}}'
        return Completion(text=text, tokens=len(text.split()))
