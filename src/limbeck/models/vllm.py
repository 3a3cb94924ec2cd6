"""vLLM in this process: for sampling by the million on GPUs. Imported only when asked for."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling

GIVES = ("text", "prefix", "logprobs", "ids", "sync")


def vllm(*, path: str, wave: int = 4096, options: dict[str, Any] = {}) -> Model:  # noqa: B006 read as configuration, never changed
    """Sample with vLLM's engine.

    Every sample is a request with a seed of its own; vLLM's prefix cache computes a prompt's samples
    together.

    Args:
        path: a folder in Hugging Face layout or a Hub id.
        wave: samples handed over at a time: vLLM returns a wave as a whole, and what has returned is safe on
            disk.
        options: further arguments of ``vllm.LLM``, such as ``tensor_parallel_size`` or ``max_model_len``.

    Raises:
        LimbeckError: when sampling starts and vLLM is not installed.
    """
    return Vllm(path, wave, options)


class Vllm(Model):
    """The model behind `vllm`; the engine starts when first used."""

    def __init__(self, path: str, wave: int = 4096, options: dict[str, Any] | None = None) -> None:
        self.name = self.path = path
        self.wave, self.options = wave, options or {}

    @cached_property
    def _engine(self) -> Any:
        try:
            from vllm import LLM
        except ImportError:
            raise LimbeckError(
                "models/vllm needs vLLM, which limbeck does not install: pip install vllm (Linux with a "
                "GPU), or start `vllm serve` anywhere and use models/openai with its url"
            ) from None
        from limbeck.networks import branches, ways

        for file, why in ((branches.FILE, "it has two branches"), (ways.FILE, "parts were added to it")):
            if (Path(self.path) / file).is_file():
                raise LimbeckError(f"models/vllm cannot run {self.path}: {why}; use models/transformers")
        return LLM(model=self.path, **self.options)

    def stream(
        self, prompts: Sequence[Messages], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """Completions, wave by wave."""
        return self.stream_some(prompts, [range(sampling.n)] * len(prompts), sampling)

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples, wave by wave. Greedy samples of a prompt are all the same one."""
        engine = self._engine
        once = sampling.temperature == 0
        drawn = [sorted(numbers)[:1] if once else list(numbers) for numbers in wanted]
        # A chat that ends with the assistant's words is continued, not answered; vLLM takes one kind a call.
        for go_on in (False, True):
            chosen = [at for at, chat in enumerate(prompts) if (chat[-1]["role"] == "assistant") == go_on]
            jobs = [(index, number) for index in chosen for number in drawn[index]]
            for start in range(0, len(jobs), self.wave):
                part = jobs[start : start + self.wave]
                outputs = engine.chat(
                    [list(prompts[index]) for index, _ in part],
                    [_params(prompts[index], number, sampling) for index, number in part],
                    add_generation_prompt=not go_on,
                    continue_final_message=go_on,
                    use_tqdm=False,
                )
                for (index, number), output in zip(part, outputs, strict=True):
                    for each in wanted[index] if once else [number]:
                        yield index, each, _completion(output, output.outputs[0])

    def continue_ids(
        self, prompts: Sequence[Sequence[int]], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples of prompts given as token ids, wave by wave."""
        jobs = [(index, number) for index, numbers in enumerate(wanted) for number in numbers]
        for start in range(0, len(jobs), self.wave):
            part = jobs[start : start + self.wave]
            asked, params = [], []
            for index, number in part:
                ids = list(prompts[index])
                asked.append({"prompt_token_ids": ids})
                # A seed belongs to what is continued: the ids stand for the messages of a chat.
                params.append(_params([{"ids": str(ids)}], number, sampling))
            for place, output in zip(part, self._engine.generate(asked, params, use_tqdm=False), strict=True):
                yield *place, _completion(output, output.outputs[0])

    def sync(self, student: Any) -> None:
        """Take over a student's weights: they are written to memory, and every worker loads them from
        there."""
        from safetensors.torch import save_file

        place = Path("/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir())
        path = place / f"limbeck-{os.getpid()}.safetensors"
        save_file(plain_weights(student), path)
        try:
            self._engine.apply_model(partial(_load, str(path)))
            self._engine.reset_prefix_cache()
        finally:
            path.unlink(missing_ok=True)

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "path": self.path, "options": self.options}


def plain_weights(student: Any) -> dict[str, Any]:
    """Copies of a model's weights under the names it was loaded with; adapters merged, the student itself
    unchanged."""
    # Tied weights are one tensor under two names, which the file format refuses: hence copies.
    if not hasattr(student, "merge_adapter"):
        return {name: value.detach().clone().contiguous() for name, value in student.state_dict().items()}
    frozen = {name: value for name, value in student.named_parameters() if ".base_layer." in name}
    before = {name: value.detach().clone() for name, value in frozen.items()}
    student.merge_adapter()
    try:
        weights = {}
        for name, value in student.state_dict().items():
            if ".lora_" not in name:
                plain = name.removeprefix("base_model.model.").replace(".base_layer.", ".")
                weights[plain] = value.detach().clone().contiguous()
        return weights
    finally:
        student.unmerge_adapter()
        for name, value in frozen.items():  # subtracting the adapter again would leave its rounding behind
            value.data.copy_(before[name])


def _load(path: str, model: Any) -> None:
    from safetensors.torch import load_file

    model.load_weights(load_file(path).items())


def _params(messages: Messages, number: int, sampling: Sampling) -> Any:
    from vllm import SamplingParams

    key = repr((sampling.seed, number, messages)).encode()
    return SamplingParams(
        n=1,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=sampling.max_tokens,
        seed=int.from_bytes(hashlib.blake2b(key, digest_size=4).digest(), "little"),
        stop=list(sampling.stop) or None,
        stop_token_ids=list(sampling.ends) or None,
        logprobs=0 if sampling.logprobs else None,
    )


def _completion(output: Any, choice: Any) -> Completion:
    logprobs = None
    if choice.logprobs:
        steps = zip(choice.token_ids, choice.logprobs, strict=True)
        logprobs = [known[token].logprob for token, known in steps]
    return Completion(
        text=choice.text,
        finish="length" if choice.finish_reason == "length" else "stop",
        tokens=len(choice.token_ids),
        prompt_tokens=len(output.prompt_token_ids or []),
        logprobs=logprobs,
        ids=list(choice.token_ids),
    )
