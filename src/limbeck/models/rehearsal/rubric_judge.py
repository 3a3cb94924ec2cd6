"""A grader that knows the points of an item and errs as often as it is told: for rehearsals."""

from __future__ import annotations

import json
import random
import re

from limbeck.checkers import remainders
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying

_SHOWN = re.compile(r"<(problem|solution)-(\w+)>\n(.*?)\n</\1-\2>", re.S)
_ITEM = re.compile(r"(?m)^(\d+)\. \(([\d.]+) points\) (?:says: )?(.*)$")


def rubric_judge(*, noise: float = 0.0, lenient: float = 0.0, garbled: float = 0.0, seed: int = 0) -> Model:
    """Grade solutions of `problems/remainders` and `problems/dossiers` for `curation/graded` and
    `verifiers/checklist`.

    Args:
        noise: chance that an item gets other points than it earns, all or none.
        lenient: chance that an item which earns less gets all of its points.
        garbled: share of replies that are not the JSON asked for.

    Raises:
        LimbeckError: a chance below 0 or above 1.
    """
    for name, value in {"noise": noise, "lenient": lenient, "garbled": garbled}.items():
        if not 0 <= value <= 1:
            raise LimbeckError(f"models/rubric_judge: {name}={value}: it is a chance between 0 and 1")
    return RubricJudge(noise, lenient, garbled, seed)


class RubricJudge(Replying):
    """The model behind `rubric_judge`. A reply depends on the messages, the sampling seed and the sample's
    number."""

    def __init__(self, noise: float, lenient: float, garbled: float, seed: int) -> None:
        self.name, self.noise, self.lenient = "rubric_judge", noise, lenient
        self.garbled, self.seed = garbled, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """The points of each item as JSON."""
        asked = messages[-1]["content"]
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{asked}")
        shown = {kind: text for kind, _, text in _SHOWN.findall(asked)}
        items = [(float(worth), text) for _, worth, text in _ITEM.findall(asked.rpartition("The scheme:")[2])]
        if "solution" not in shown or not items or rng.random() < self.garbled:
            return Completion(text="A good solution.", tokens=3)
        known = remainders.asked(shown.get("problem", ""))
        earned = [worth * (text in shown["solution"]) for worth, text in items]
        if known is not None:
            earned = remainders.marks(*known, shown["solution"])
        told = {}
        for at, ((worth, _), points) in enumerate(zip(items, earned, strict=True), 1):
            told[str(at)] = self._given(points, worth, rng)
        text = f"I went through the scheme.\n{json.dumps(told)}"
        return Completion(text=text, tokens=len(text.split()))

    def _given(self, points: float, worth: float, rng: random.Random) -> float:
        errs, forgives = rng.random() < self.noise, rng.random() < self.lenient
        if errs:
            return worth if points < worth else 0.0
        return worth if forgives else points
