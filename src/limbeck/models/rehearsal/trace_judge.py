"""A judge of traces that knows what is wrong with one and errs as often as it is told: for rehearsals."""

from __future__ import annotations

import json
import random
import re

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.texts.step_checks import faults, numbers_in, read
from limbeck.texts.tags import behind_thought

SCALES = ("to_question", "to_answer", "step_to_step")
_SHOWN = re.compile(r"<(instruction|response)-(\w+)>\n(.*?)\n</\1-\2>", re.S)
_NAMES = re.compile(r"[a-z]{3,} in the [a-z]+")


def trace_judge(*, noise: float = 0.0, garbled: float = 0.0, seed: int = 0) -> Model:
    """Rate traces of `problems/quantities` for `curation/rated` on RTEP's three scales.

    ``to_question`` is poor where a trace is about other quantities than the question, ``to_answer`` where its
    answer is not what its last sums come to, ``step_to_step`` where a step needs what comes after it. What is
    in order gets 8 to 10, what is poor 1 to 3.

    Args:
        noise: chance that a rating is any number from 1 to 10.
        garbled: share of replies that are not the JSON asked for.

    Raises:
        LimbeckError: a chance below 0 or above 1.
    """
    for name, value in {"noise": noise, "garbled": garbled}.items():
        if not 0 <= value <= 1:
            raise LimbeckError(f"models/trace_judge: {name}={value}: it is a chance between 0 and 1")
    return TraceJudge(noise, garbled, seed)


class TraceJudge(Replying):
    """The model behind `trace_judge`. A reply depends on the messages, the sampling seed and the sample's
    number."""

    def __init__(self, noise: float, garbled: float, seed: int) -> None:
        self.name, self.noise, self.garbled, self.seed = "trace_judge", noise, garbled, seed

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """The ratings as JSON."""
        asked = messages[-1]["content"]
        rng = random.Random(f"{self.seed}/{sampling.seed}/{number}/{asked}")
        shown = {kind: text for kind, _, text in _SHOWN.findall(asked)}
        if "response" not in shown or rng.random() < self.garbled:
            return Completion(text="A thoughtful trace.", tokens=3)
        poor = _poor(shown.get("instruction", ""), shown["response"])
        ratings = {}
        for scale in SCALES:
            rating = rng.randint(1, 3) if scale in poor else rng.randint(8, 10)
            ratings[scale] = rng.randint(1, 10) if rng.random() < self.noise else rating
        text = json.dumps({**ratings, "task": "arithmetic"})
        return Completion(text=text, tokens=len(text.split()))


def _poor(question: str, response: str) -> set[str]:
    """The scales on which a trace is poor, found from its text alone."""
    thought, answer, _ = behind_thought(response)
    steps = [line for line in thought.splitlines() if numbers_in(line)]
    named, asked = {*_NAMES.findall(thought)}, {*_NAMES.findall(question)}
    results = [number for step in steps for number in read(step).results]
    poor = set()
    if named and len(named & asked) * 2 < len(named):
        poor.add("to_question")
    if numbers_in(answer).isdisjoint(results):
        poor.add("to_answer")
    if any(faults("coherent", question, steps, answer)):
        poor.add("step_to_step")
    return poor
