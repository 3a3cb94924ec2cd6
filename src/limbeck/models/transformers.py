"""Any Hugging Face causal language model, a folder or a Hub id, sampled in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Literal

from limbeck.errors import LimbeckError, missing_extra
from limbeck.models.base import Completion, Messages, Model, Sampling


def transformers(
    *,
    path: str,
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto",
    device: str = "auto",
    batch_tokens: int = 65536,
) -> Model:
    """Sample a local model: each prompt is computed once for all its samples, finished rows leave the batch.

    Args:
        path: a folder in Hugging Face layout or a Hub id.
        dtype: ``auto`` takes bfloat16 on a GPU and float32 on a CPU.
        device: ``auto`` takes a GPU where there is one.
        batch_tokens: prompt and new tokens held in the cache at once; bounds memory.
    """
    return Local(path, dtype, device, batch_tokens)


class Local(Model):
    """The model behind `transformers`; weights are loaded when first used."""

    def __init__(self, path: str, dtype: str = "auto", device: str = "auto", batch_tokens: int = 65536) -> None:
        self.name = self.path = path
        self.dtype, self.device, self.batch_tokens = dtype, device, batch_tokens

    @cached_property
    def _loaded(self) -> tuple[Any, Any, set[int]]:
        """Model, tokenizer and the ids that end a completion."""
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
            from transformers.utils.logging import disable_progress_bar
        except ImportError as error:
            raise missing_extra(error.name or "torch", "train", "models/transformers") from error
        disable_progress_bar()
        device = self.device if self.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
        dtype = getattr(torch, self.dtype, None) or (torch.bfloat16 if device.startswith("cuda") else torch.float32)
        try:
            tokenizer = AutoTokenizer.from_pretrained(self.path)
            model: Any = AutoModelForCausalLM.from_pretrained(self.path, dtype=dtype)
        except (OSError, ValueError) as error:
            raise LimbeckError(f"cannot load a model from {self.path!r}: {error}") from error
        model = model.to(device).eval()
        ends = model.generation_config.eos_token_id
        stops = {tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])} - {None}
        return model, tokenizer, stops

    def _prompt_ids(self, messages: Messages) -> list[int]:
        _, tokenizer, _ = self._loaded
        go_on = messages[-1]["role"] == "assistant"
        text = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=not go_on, continue_final_message=go_on
        )
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    def stream(self, prompts: Sequence[Messages], sampling: Sampling) -> Iterator[tuple[int, int, Completion]]:
        """Completions as they finish. A sample depends on seed, prompt and its number, not on the batch it ran in."""
        model, tokenizer, ends = self._loaded
        from limbeck.models import sampler

        ids = [self._prompt_ids(messages) for messages in prompts]
        order = sorted(range(len(prompts)), key=lambda index: len(ids[index]))
        copies = 1 if sampling.temperature == 0 else sampling.n
        while order:
            take = next(
                (t for t in range(1, len(order))
                 if (t + 1) * copies * (len(ids[order[t]]) + sampling.max_tokens) > self.batch_tokens),
                len(order),
            )  # fmt: skip
            batch, order = order[:take], order[take:]
            rows = sampler.sample(model, [ids[i] for i in batch], copies, sampling, ends, self._stopper(sampling))
            for row, tokens, ended in rows:
                index, sample = batch[row // copies], row % copies
                text = tokenizer.decode(tokens, skip_special_tokens=True)
                for stop in sampling.stop:
                    text = text.partition(stop)[0]
                completion = Completion(
                    text=text, finish="stop" if ended else "length", tokens=len(tokens), prompt_tokens=len(ids[index])
                )
                for number in range(sampling.n) if copies == 1 else [sample]:
                    yield index, number, completion

    def _stopper(self, sampling: Sampling) -> Any:
        if not sampling.stop:
            return None
        _, tokenizer, _ = self._loaded
        # A stop string is looked for at the end only, in so many tokens that it surely fits.
        reach = max(map(len, sampling.stop)) + 8

        def stopped(ids: list[int]) -> bool:
            tail = tokenizer.decode(ids[-reach:])
            return any(stop in tail for stop in sampling.stop)

        return stopped

    def score(self, prompts: Sequence[Messages], completions: Sequence[str]) -> list[list[float]]:
        """Natural log-probability of each token of each completion text, end of turn not included."""
        import torch

        model, tokenizer, _ = self._loaded
        scores = []
        for messages, completion in zip(prompts, completions, strict=True):
            prompt = self._prompt_ids(messages)
            ids = tokenizer(completion, add_special_tokens=False)["input_ids"]
            with torch.inference_mode():
                whole = torch.tensor([prompt + ids], device=model.device)
                logits_TV = model(input_ids=whole, logits_to_keep=len(ids) + 1).logits[0, :-1].float()
            logp_T = logits_TV.log_softmax(-1).gather(-1, whole[0, len(prompt) :, None])[:, 0]
            scores.append(logp_T.tolist())
        return scores
