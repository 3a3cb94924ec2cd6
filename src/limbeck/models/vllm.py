"""vLLM in this process: for sampling by the million on GPUs. Imported only when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.models.base import Completion, Messages, Model, Sampling

WAVE = 1024
"""Prompts handed over at a time: vLLM returns a wave as a whole, and what has returned is safe on disk."""


def vllm(*, path: str, options: dict = {}) -> Model:  # noqa: B006 read as configuration, never changed
    """Sample with vLLM's engine.

    Args:
        path: a folder in Hugging Face layout or a Hub id.
        options: further arguments of ``vllm.LLM``, such as ``tensor_parallel_size`` or ``max_model_len``.
    """
    return Vllm(path, options)


class Vllm(Model):
    """The model behind `vllm`; the engine starts when first used."""

    def __init__(self, path: str, options: dict[str, Any]) -> None:
        self.name = self.path = path
        self.options = options

    @cached_property
    def _engine(self) -> Any:
        try:
            from vllm import LLM
        except ImportError:
            raise LimbeckError(
                "models/vllm needs vLLM, which limbeck does not install: pip install vllm (Linux with a GPU), or "
                "start `vllm serve` anywhere and use models/openai with its url"
            ) from None
        return LLM(model=self.path, **self.options)

    def stream(self, prompts: Sequence[Messages], sampling: Sampling) -> Iterator[tuple[int, int, Completion]]:
        engine = self._engine
        from vllm import SamplingParams

        for start in range(0, len(prompts), WAVE):
            wave = [list(messages) for messages in prompts[start : start + WAVE]]
            params = [
                SamplingParams(
                    n=sampling.n, temperature=sampling.temperature, top_p=sampling.top_p,
                    max_tokens=sampling.max_tokens, seed=sampling.seed + start + index,
                    stop=list(sampling.stop) or None, logprobs=0 if sampling.logprobs else None,
                )
                for index in range(len(wave))
            ]  # fmt: skip
            for index, output in enumerate(engine.chat(wave, params, use_tqdm=False)):
                for sample, choice in enumerate(output.outputs):
                    yield start + index, sample, _completion(output, choice)


def _completion(output: Any, choice: Any) -> Completion:
    logprobs = None
    if choice.logprobs:
        logprobs = [step[token].logprob for token, step in zip(choice.token_ids, choice.logprobs, strict=True)]
    return Completion(
        text=choice.text,
        finish="length" if choice.finish_reason == "length" else "stop",
        tokens=len(choice.token_ids),
        prompt_tokens=len(output.prompt_token_ids or []),
        logprobs=logprobs,
    )
