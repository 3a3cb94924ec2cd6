"""A model whose arithmetic is done by a calculator, after it has written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from limbeck.answers.calculation import calculated
from limbeck.decoding.ops import Decoded, made_of
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts


def calculator(*, model: Model) -> Model:
    """Recompute every equation of a completion and put the results in its place, in the answer too.

    What `limbeck.answers.calculation` does, and how Magister et al. (arXiv 2212.08410, section 4) and others
    before them score chains of arithmetic: it tells slips of the pen from errors of reasoning. The model is
    asked as it would be without it.

    Args:
        model: who reasons.

    Returns:
        A model with the same completions but for results that do not hold. Those that failed stay.
    """
    return Calculator(model)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what the model is asked is what was asked."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] for key in spent if key in counts}


class Calculator(Decoded):
    """The model behind `calculator`."""

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The inner model's samples, each as it comes."""
        for index, number, completion in self.inner.stream_some(prompts, wanted, sampling):
            text, mended = calculated(completion.text)
            # Log-probabilities and ids are those of another text then.
            yield index, number, made_of(text, completion, [completion]) if mended else completion
