"""A beam of attempts that grow step by step, of which those with the best process scores are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from limbeck.decoding._stepping import Attempt, Sample, Stepper, Stepping, begun, check
from limbeck.decoding.ops import Decoded
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.steps import Cutting
from limbeck.types import Count, Verifier

MODEL_WANTS = ("prefix",)


def step_beam(
    *,
    model: Model,
    verifier: Verifier,
    beam: Count = 4,
    k: Count = 4,
    stepping: Stepping = Stepping(),
    cutting: Cutting = Cutting(),
    format: str = "think",
) -> Model:
    """Keep the ``beam`` best of all attempts after each step, and draw ``k`` next steps for each (Snell et
    al., arXiv 2408.03314, section 5.2).

    It begins with ``beam`` times ``k`` first steps. The score of an attempt is what the verifier says of all
    of it, the last step included; of equal scores the first is kept, equal texts are one. An attempt that
    ended stays in the beam as long as its score does. When all in the beam have ended the best one is given.

    Args:
        model: goes on with what it has begun to write.
        verifier: a process reward model, a judge or any verifier that needs no reference; its score, else 1
            for ``correct`` and 0 for ``wrong``.
        cutting: where a step ends.
        format: of the texts; give the evaluation or teacher the same one.

    Returns:
        A model whose completions are the best attempts with the tokens of all, ``scores["score"]`` and
        ``["steps"]``.

    Raises:
        LimbeckError: no regular expression, or an unknown format.
    """
    precheck({"by": cutting.by, "separator": cutting.separator, "format": format})
    return StepBeam(Stepper(model, verifier, stepping, cutting, format), beam, k)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    check(Cutting.of(given), given["format"], "decoding/step_beam")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most so many steps of so many attempts."""
    asks = params["beam"] * params["k"] * params["most_steps"]
    spent: Counts = {key: counts[key] * asks for key in ("samples", "prompt_tokens") if key in counts}
    return {**spent, "max_tokens": counts.get("samples", 0) * asks * params["step_tokens"]}


class StepBeam(Decoded):
    """The model behind `step_beam`."""

    def __init__(self, stepper: Stepper, beam: int, k: int) -> None:
        super().__init__(stepper.model, beam=beam, k=k)
        self.stepper, self.beam, self.k = stepper, beam, k

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples, all of them a step at a time, each as soon as its beam has ended."""
        samples = begun(prompts, wanted, self.beam)
        while samples:
            at = [(sample, attempt) for sample in samples for attempt in self._candidates(sample)]
            grown = iter(self.stepper.grown([each for each in at if each[1].open], sampling))
            kept: dict[int, list[Attempt]] = {id(sample): [] for sample in samples}
            for sample, attempt in at:
                kept[id(sample)].append(next(grown) if attempt.open else attempt)
            for sample in samples:
                ranked = sorted(kept[id(sample)], key=lambda attempt: -attempt.score)
                # Equal texts are one, or the likeliest step would soon fill the beam.
                different = {(attempt.text, attempt.finish): attempt for attempt in reversed(ranked)}
                sample.attempts = [*reversed(different.values())][: self.beam]
                if not any(attempt.open for attempt in sample.attempts):
                    yield sample.index, sample.number, sample.completion(sample.attempts[0])
            samples = [sample for sample in samples if any(each.open for each in sample.attempts)]

    def _candidates(self, sample: Sample) -> list[Attempt]:
        """Every attempt that goes on ``k`` times, and those that ended once; in rounds, as its_hub has
        them."""
        return [attempt for turn in range(self.k) for attempt in sample.attempts if attempt.open or not turn]
