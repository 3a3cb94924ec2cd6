"""A tree of attempts, of which the best one that has not ended is always the next to grow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from limbeck.decoding._stepping import Attempt, Stepper, Stepping, begun, check
from limbeck.decoding.ops import Decoded
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.steps import Cutting
from limbeck.types import Count, Verifier

MODEL_WANTS = ("prefix",)


def best_first(
    *,
    model: Model,
    verifier: Verifier,
    k: Count = 4,
    expansions: Count = 16,
    stepping: Stepping = Stepping(),
    cutting: Cutting = Cutting(),
    format: str = "think",
) -> Model:
    """Search a tree of steps: ``k`` next steps of the best attempt that goes on, ``expansions`` times (Koh et
    al., arXiv 2407.01476).

    Nothing is forgotten: an attempt that a beam would have dropped is taken up again when those that looked
    better turn out worse. The best attempt that ended is given, and it is over as soon as none that goes on
    has a better score; where none ended, the best one, cut off.

    Args:
        model: goes on with what it has begun to write.
        verifier: a process reward model, a judge or any verifier that needs no reference.
        k: steps that are drawn behind an attempt.
        expansions: how often an attempt is gone on with.
        cutting: where a step ends.
        format: of the texts; give the evaluation or teacher the same one.

    Returns:
        A model whose completions are the best attempts with the tokens of all, ``scores["score"]`` and
        ``["steps"]``.

    Raises:
        LimbeckError: no regular expression, or an unknown format.
    """
    precheck({"by": cutting.by, "separator": cutting.separator, "format": format})
    return BestFirst(Stepper(model, verifier, stepping, cutting, format), k, expansions)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    check(Cutting.of(given), given["format"], "decoding/best_first")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most so many expansions of so many steps."""
    asks = params["k"] * params["expansions"]
    spent: Counts = {key: counts[key] * asks for key in ("samples", "prompt_tokens") if key in counts}
    return {**spent, "max_tokens": counts.get("samples", 0) * asks * params["step_tokens"]}


class BestFirst(Decoded):
    """The model behind `best_first`."""

    def __init__(self, stepper: Stepper, k: int, expansions: int) -> None:
        super().__init__(stepper.model, k=k, expansions=expansions)
        self.stepper, self.k, self.expansions = stepper, k, expansions

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples, an expansion of each at a time, each as soon as its search is over."""
        samples = begun(prompts, wanted, 1)
        for turn in range(self.expansions + 1):
            still = []
            for sample in samples:
                best = max(sample.attempts, key=_rank)
                if best.open and turn < self.expansions:
                    sample.attempts = [each for each in sample.attempts if each is not best]
                    still += [(sample, best)] * self.k
                else:
                    ended = [attempt for attempt in sample.attempts if attempt.finish in ("stop", "length")]
                    given = max(ended, key=lambda attempt: attempt.score, default=best)
                    yield sample.index, sample.number, sample.completion(given)
            for (sample, _), attempt in zip(still, self.stepper.grown(still, sampling), strict=True):
                sample.attempts.append(attempt)
            waiting = {id(sample) for sample, _ in still}
            samples = [sample for sample in samples if id(sample) in waiting]


def _rank(attempt: Attempt) -> tuple[bool, float, bool]:
    """Failed ones last; of equal scores one that ended goes first: nothing better is to be had."""
    return attempt.finish != "error", attempt.score, not attempt.open
