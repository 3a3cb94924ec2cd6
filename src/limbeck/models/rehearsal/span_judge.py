"""A judge of translations that sees every error and misses, mistakes and invents some: for rehearsals."""

from __future__ import annotations

import json
import random
import re

from limbeck.checkers.glosses import errors
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.judging.spans import WEIGHTS
from limbeck.models._replying import Replying

_SHOWN = re.compile(r"<(source|translation)-(\w+)>\n(.*?)\n</\1-\2>", re.S)
LEAST, MOST = 20, 200
"""Words that it thinks, with no effort and with all of it."""


def span_judge(
    *,
    missed: float = 0.0,
    mistaken: float = 0.0,
    invented: float = 0.0,
    effort: float = 0.0,
    garbled: float = 0.0,
    seed: int = 0,
) -> Model:
    """Mark the errors of translations of `problems/glosses` for `curation/error_spans`.

    It thinks over some translations at length and over others hardly, as chance has it.

    Args:
        missed: chance that it does not see an error, at half of its effort.
        mistaken: chance that it takes an error for one of another severity.
        invented: chance per translation of an error that is none.
        effort: how much thinking helps: at all of its effort it misses ``1 - effort`` times as much as at
            half of it, with none ``1 + effort`` times; below 0 thinking does harm.
        garbled: share of replies that are not the JSON asked for.

    Raises:
        LimbeckError: a chance below 0 or above 1, or an ``effort`` below -1 or above 1.
    """
    values = {"missed": missed, "mistaken": mistaken, "invented": invented, "garbled": garbled}
    for name, value in {**values, "effort": abs(effort)}.items():
        if not 0 <= value <= 1:
            raise LimbeckError(f"models/span_judge: {name}={value}: it is a chance between 0 and 1")
    return SpanJudge(values, effort, seed)


class SpanJudge(Replying):
    """The model behind `span_judge`. A reply depends on the messages, the sampling seed and the sample's
    number."""

    def __init__(self, values: dict[str, float], effort: float, seed: int) -> None:
        self.name, self.values, self.effort, self.seed = "span_judge", values, effort, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """The errors as JSON, behind a thought of some length."""
        asked = messages[-1]["content"]
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{asked}")
        shown = {kind: text for kind, _, text in _SHOWN.findall(asked)}
        effort = rng.random()
        thought = f"<think>{'hm ' * round(LEAST + effort * (MOST - LEAST))}</think>"
        if len(shown) < 2 or rng.random() < self.values["garbled"]:
            return Completion(text=f"{thought}It reads well.", tokens=len(thought.split()) + 3)
        missed = self.values["missed"] * (1 + self.effort * (1 - 2 * effort))
        told = []
        for words, severity in errors(shown["source"], shown["translation"]):
            unseen, other = rng.random() < missed, rng.choice([each for each in WEIGHTS if each != severity])
            taken = other if rng.random() < self.values["mistaken"] else severity
            told += [] if unseen else [{"span": words, "severity": taken}]
        if rng.random() < self.values["invented"]:
            told.append({"span": shown["translation"].split()[0], "severity": rng.choice(("major", "minor"))})
        text = thought + json.dumps({"errors": told})
        return Completion(text=text, tokens=len(text.split()))
