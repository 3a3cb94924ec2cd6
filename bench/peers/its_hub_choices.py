"""What its_hub chooses on given samples. Runs in an environment of its own: cases on standard input, choices
on standard output, as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import numpy as np
from its_hub.api import AbstractLanguageModel
from its_hub.core.algorithms import (
    adaptive_self_consistency,
    beam_search,
    beta_self_consistency,
    bon,
    particle_gibbs,
    self_consistency,
)
from its_hub.core.lms.step_generation import StepGeneration


class Told(AbstractLanguageModel):
    """Gives the answers in turn. Each takes more turns of the loop than the one before, not more time, so
    that they come one by one however busy the machine is."""

    def __init__(self, answers: list[str]) -> None:
        self.answers, self.given = answers, 0

    async def agenerate_single(self, messages: Any, stop: Any = None, **kwargs: Any) -> dict[str, Any]:
        at, self.given = self.given, self.given + 1
        for _ in range(50 * at):
            await asyncio.sleep(0)
        return {"role": "assistant", "content": self.answers[at]}

    async def agenerate(self, messages: Any, stop: Any = None, **kwargs: Any) -> Any:
        # A step of a walk: every candidate has a letter of its own, by its place.
        return [{"role": "assistant", "content": "ab"[at % 2]} for at in range(len(messages))]


class Scores:
    """An outcome reward by answer, and a process reward by the letters so far."""

    def __init__(self, table: dict[str, float]) -> None:
        self.table = table

    async def ascore(self, asked: Any, steps: Any = None, orchestrator: Any = None) -> list[float]:
        texts = steps if steps is not None else [chat[-1].content for chat in asked]
        return [self.table.get(text.replace("/", ""), 0.5) for text in texts]


def run(algorithm: Any, model: Any, budget: int) -> Any:
    return asyncio.run(algorithm.ainfer(model, "?", budget, return_response_only=False))


def choices(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each case (``answers``, ``scores``, ``sure``, ``share``, ``steps``) the peer's choice by strategy.

    ``votes`` and ``best`` are places; ``beta`` and ``doubling`` the place and how many were drawn; ``beam``
    the text of a beam of one; ``weights`` a particle filter's.
    """
    told = []
    for case in cases:
        answers, n = case["answers"], len(case["answers"])
        votes = run(self_consistency.SelfConsistency(str), Told(answers), n)
        beta = run(beta_self_consistency.BetaSelfConsistency(case["sure"], str), Told(answers), n)
        doubled = adaptive_self_consistency.AdaptiveSelfConsistency(case["share"], str)
        doubling = run(doubled, Told(answers), n)
        reward = Scores(dict(zip(answers, case["scores"], strict=True)))
        best = run(bon.BestOfN(reward), Told(answers), n)
        walk = StepGeneration(max_steps=case["depth"] - 1, step_token="/")
        beam = run(beam_search.BeamSearch(walk, Scores(case["steps"]), 1), Told([]), case["k"])
        logits = [particle_gibbs._inv_sigmoid(score) for score in case["scores"]]
        told.append(
            {
                "votes": votes.selected_index,
                "beta": [beta.selected_index, len(beta.responses)],
                "doubling": [doubling.selected_index, len(doubling.responses)],
                "best": best.selected_index,
                "beam": beam.the_one["content"],
                "weights": [float(each) for each in particle_gibbs._softmax(np.array(logits))],
            }
        )
    return told


if __name__ == "__main__":
    json.dump(choices(json.load(sys.stdin)), sys.stdout)
