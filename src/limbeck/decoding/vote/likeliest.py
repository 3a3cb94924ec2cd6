"""Of several answers the one that its own writer finds likeliest, or that its likely ways reach together."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal

from limbeck.decoding.ops import Decoded
from limbeck.decoding.vote._paths import best_path, drawn
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.traces import format_named
from limbeck.types import Count, Positive, PositiveShare

MODEL_WANTS = ("logprobs",)


def likeliest(
    *,
    model: Model,
    n: Count = 8,
    pick: Literal["best", "vote"] = "best",
    temperature: Positive = 0.7,
    top_p: PositiveShare = 1.0,
    format: str = "think",
    equal: Literal["value", "text"] = "value",
) -> Model:
    """Sample ``n`` paths and let their own mean log-probability per token choose, or weigh their votes.

    ``best`` gives the path with the highest mean, without any verifier; ``vote`` lets each path vote with
    exp(mean), the normalised weighting of self-consistency (arXiv 2203.11171, table 1).

    Args:
        model: who reasons, and tells the log-probability of each token that it writes.
        n: paths of one sample.
        temperature: of the paths, as is ``top_p``; log-probabilities are those before either.
        format: how an answer is split off a path; give the evaluation or teacher the same one.
        equal: which answers are one vote, as in `self_consistency`.

    Returns:
        A model whose completions are paths as they were written, with the tokens of all; ``scores["score"]``
        is exp(mean) of the path that is given. A path without log-probabilities is worth nothing.

    Raises:
        LimbeckError: an unknown format.
    """
    precheck({"format": format})
    return Likeliest(model, Sampling(n=n, temperature=temperature, top_p=top_p), pick, (format, equal))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    format_named(given["format"], "decoding/likeliest")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: ``n`` paths for each sample."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] * params["n"] for key in spent if key in counts}


class Likeliest(Decoded):
    """The model behind `likeliest`."""

    def __init__(self, inner: Model, paths: Sampling, pick: str, reading: tuple[str, str]) -> None:
        super().__init__(inner, n=paths.n, temperature=paths.temperature, pick=pick)
        self.paths, self.pick, self.form, self.equal = paths, pick, format_named(reading[0]), reading[1]

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples, each as soon as all of its paths are there."""
        came = drawn(self.inner, prompts, wanted, sampling, self.paths, logprobs=True)
        for index, number, paths in came:
            # Rounded, for a batch's shape moves the last digits.
            worth = [round(_mean(path), 6) for path in paths]
            yield index, number, best_path(paths, worth, self.pick, self.form, self.equal)


def _mean(path: Completion) -> float:
    """exp of the mean log-probability of a path's tokens, 0 where nobody told them."""
    return math.exp(math.fsum(path.logprobs) / len(path.logprobs)) if path.logprobs else 0.0
