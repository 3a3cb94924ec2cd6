"""Particle filtering: attempts that are drawn anew, after each step, in proportion to how good they are."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from limbeck.decoding._stepping import Attempt, Stepper, Stepping, begun, check
from limbeck.decoding.ops import Decoded
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.steps import Cutting
from limbeck.types import Count, Verifier

MODEL_WANTS = ("prefix",)
_NEAR = 1e-7
"""How near to 0 and 1 a score may come, whose logit is a weight's logarithm."""


def particles(
    *,
    model: Model,
    verifier: Verifier,
    n: Count = 8,
    stepping: Stepping = Stepping(),
    cutting: Cutting = Cutting(),
    format: str = "think",
) -> Model:
    """Let ``n`` attempts take a step each, and draw as many of them anew by their scores, until all have
    ended (Puri et al., arXiv 2502.01618, algorithm 1).

    An attempt with score r is drawn with a weight of r / (1 - r), the softmax of the scores' logits; one that
    ended keeps its weight and may be drawn too. Where a beam trusts its scores, a filter keeps some of what
    they find worse, so that an imperfect score loses less. The best one in the end is given.

    Args:
        model: goes on with what it has begun to write.
        verifier: a process reward model, a judge or any verifier that needs no reference, whose score is a
            probability.
        n: particles.
        cutting: where a step ends.
        format: of the texts; give the evaluation or teacher the same one.

    Returns:
        A model whose completions are the best attempts with the tokens of all, ``scores["score"]`` and
        ``["steps"]``. Which are drawn anew depends on the seed, the prompt and the sample's number alone.

    Raises:
        LimbeckError: no regular expression, or an unknown format.
    """
    precheck({"by": cutting.by, "separator": cutting.separator, "format": format})
    return Particles(Stepper(model, verifier, stepping, cutting, format), n)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    check(Cutting.of(given), given["format"], "decoding/particles")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most so many steps of so many particles."""
    asks = params["n"] * params["most_steps"]
    spent: Counts = {key: counts[key] * asks for key in ("samples", "prompt_tokens") if key in counts}
    return {**spent, "max_tokens": counts.get("samples", 0) * asks * params["step_tokens"]}


class Particles(Decoded):
    """The model behind `particles`."""

    def __init__(self, stepper: Stepper, n: int) -> None:
        super().__init__(stepper.model, n=n)
        self.stepper, self.n = stepper, n

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples, all of them a step at a time, each as soon as all its particles have ended."""
        samples = begun(prompts, wanted, self.n)
        draws = {}
        for sample in samples:
            draws[id(sample)] = random.Random(f"particles/{sampling.seed}/{sample.number}/{sample.chat}")
        while samples:
            at = [(sample, attempt) for sample in samples for attempt in sample.attempts]
            grown = iter(self.stepper.grown([each for each in at if each[1].open], sampling))
            for sample in samples:
                moved = [next(grown) if attempt.open else attempt for attempt in sample.attempts]
                if any(attempt.open for attempt in moved):
                    moved = draws[id(sample)].choices(moved, weights(moved), k=self.n)
                sample.attempts = moved
                if not any(attempt.open for attempt in moved):
                    best = max(moved, key=lambda attempt: attempt.score)
                    yield sample.index, sample.number, sample.completion(best)
            samples = [sample for sample in samples if any(each.open for each in sample.attempts)]


def weights(attempts: Sequence[Attempt]) -> list[float]:
    """The chances of attempts: the softmax of their scores' logits."""
    logits = []
    for attempt in attempts:
        score = min(max(attempt.score, _NEAR), 1 - _NEAR)
        logits.append(math.log(score / (1 - score)))
    most = max(logits)
    shares = [math.exp(each - most) for each in logits]
    return [share / sum(shares) for share in shares]
