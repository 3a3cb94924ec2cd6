"""Traces tested for the watermark of a known key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from msgspec.structs import replace

from limbeck.errors import missing_extra
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.texts.traces import full_text
from limbeck.types import Checkpoint, Count, Shards, Share

MARK = "watermarked"


def watermark(
    data: Shards,
    *,
    model: Checkpoint,
    hash_key: int = 15485863,
    green: Share = 0.25,
    scheme: Literal["lefthash", "selfhash"] = "lefthash",
    width: Count = 1,
    most: float = 4.0,
    score: str = "watermark",
    ctx: Context,
) -> Iterator[Data]:
    """Score each trace by how many more green tokens it has than chance gives, and mark it ``watermarked``.

    Kirchenbauer et al., arXiv 2301.10226, section 3: which tokens are green is drawn from the tokens before
    them and a key; a watermarked sampler prefers them. With T tokens, a share γ of the vocabulary green and
    G green tokens the score is ``z = (G - γT) / sqrt(T γ (1 - γ))``, by the detector of `transformers`, which
    counts each n-gram once: texts that repeat themselves are no proof. Without the key nothing shows, so that
    a low score does not clear a text.

    Args:
        model: whose tokens the writer wrote; its tokenizer and configuration are read, not its weights.
        hash_key, green, scheme, width: the writer's watermark, by default that of `transformers`.
        most: a trace of a larger z is marked; by chance 3 in 100,000 are beyond 4.

    Raises:
        LimbeckError: the checkpoint cannot be opened.
    """
    detector, tokenizer = _detector(model, hash_key, green, scheme, width)

    def looked(trace: Trace) -> Trace:
        ids = tokenizer(full_text(trace), add_special_tokens=False, return_tensors="pt")["input_ids"].long()
        if ids.shape[1] <= width:
            return trace
        z = float(detector(ids, return_dict=True).z_score[0])
        marks = [MARK] if z > most and MARK not in trace.marks else []
        return replace(trace, scores={**trace.scores, score: z}, marks=[*trace.marks, *marks])

    with ctx.progress(sum(len(shard.traces) for shard in data)) as bar:
        for shard in data:
            traces = [looked(trace) for trace in shard.traces]
            bar.advance(len(traces))
            yield Data(shard.problems, traces, shard.pairs)


def _detector(model: str, key: int, green: float, scheme: str, width: int) -> tuple[Any, Any]:
    try:
        from transformers import AutoConfig
        from transformers.generation.watermarking import WatermarkDetector

        from limbeck.networks.opening import open_tokenizer
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "transformers", "train", "teachers/watermark") from error
    tokenizer = open_tokenizer(model)
    settings = {
        "greenlist_ratio": green,
        "bias": 0.0,
        "hashing_key": key,
        "seeding_scheme": scheme,
        "context_width": width,
    }
    config = AutoConfig.from_pretrained(model)
    detector = WatermarkDetector(config, "cpu", settings, ignore_repeated_ngrams=True)
    # transformers 5.23 compares ids with what a model without a beginning of text has there, and fails.
    detector.bos_token_id = -1
    return detector, tokenizer
