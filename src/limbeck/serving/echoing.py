"""Prompts given back in front of what is written behind them, with the log-probabilities of their tokens: how
`lm_eval` and others ask an endpoint for the log-likelihood of a given text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.generation import Completion
from limbeck.models.shared import Shared
from limbeck.serving.asking import Asked

if TYPE_CHECKING:
    from limbeck.models._reading import Read


def echoes(shared: Shared, asked: Asked, ids: list[list[int]]) -> list[Completion]:
    """All samples of all prompts; with ``max_tokens`` 0 nothing is written.

    Args:
        ids: the prompts' tokens.

    Raises:
        LimbeckError: a prompt that is too long.
    """
    sampling, n = asked.sampling, asked.sampling.n
    counts = [len(prompt) for prompt in ids for _ in range(n)]
    written = [Completion(text="", finish="length", tokens=0, prompt_tokens=count) for count in counts]
    if sampling.max_tokens:
        for prompt, sample, completion in shared.continue_ids(ids, [range(n)] * len(ids), sampling):
            written[prompt * n + sample] = completion
    if asked.echo:
        texts = [given if isinstance(given, str) else shared.decode(given) for given in asked.prompts]
        reads = shared.read(ids, sampling.top) if sampling.logprobs else [None] * len(ids)
        for place, completion in enumerate(written):
            prompt = place // n
            completion.text = texts[prompt] + completion.text
            if (read := reads[prompt]) is not None:
                _prefix(shared, completion, ids[prompt], read)
    return written


def _prefix(shared: Shared, completion: Completion, ids: list[int], read: Read) -> None:
    """Put what is known of a prompt's tokens in front. The first one follows nothing: its log-probability is
    NaN, which JSON has as null."""
    completion.ids = [*ids, *(completion.ids or [])]
    completion.logprobs = [float("nan"), *read.logps, *(completion.logprobs or [])]
    if read.tops is not None:
        alternatives = [{}, *map(shared.by_text, read.tops)]
        tokens = [shared.decode([token]) for token in ids]
        completion.tops = [*zip(tokens, alternatives, strict=True), *(completion.tops or [])]
