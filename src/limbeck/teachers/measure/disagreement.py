"""How far two models are apart on stored traces: which traces tell the one's way of thinking from the
other's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import msgspec

from limbeck.errors import missing_extra
from limbeck.pipeline.context import Context
from limbeck.records import Data
from limbeck.types import Checkpoint, Shards


def disagreement(
    data: Shards,
    *,
    model: Checkpoint,
    other: Checkpoint,
    ctx: Context,
    score: str = "nat_beta",
    squash: bool = True,
    max_tokens_per_microbatch: int = 4096,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
) -> Iterator[Data]:
    """Score each trace by the mean over its tokens of KL(model || other), both live; with ``squash`` its
    tanh.

    With a model of wrong traces as ``model`` and one of right traces as ``other`` it is the beta by which
    negative-calibrated distillation weighs traces (TDG, arXiv 2312.12832). Marked traces are scored too.

    Args:
        model, other: must cut traces into the same tokens.
        score: name under which it goes into ``scores``.
        squash: 0 to 1 in place of nats.

    Returns:
        The data; a trace that gives no tokens has no score.

    Raises:
        LimbeckError: the two models have different vocabularies.
    """
    try:
        from limbeck.networks.apart import mean_divergence
        from limbeck.networks.probe import Probe
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "teachers/disagreement") from error
    probe = Probe.open(model, other, max_tokens=max_tokens_per_microbatch, precision=precision)
    with ctx.progress(sum(len(shard.traces) for shard in data)) as bar:
        for shard in data:
            rows, _ = probe.rows(shard, shard.traces)
            nats = dict(zip((row.id for row in rows), probe.traces(rows, mean_divergence), strict=True))
            traces = []
            for trace in shard.traces:
                if trace.id in nats:
                    value = math.tanh(nats[trace.id]) if squash else nats[trace.id]
                    trace = msgspec.structs.replace(trace, scores={**trace.scores, score: value})
                traces.append(trace)
            bar.advance(len(shard.traces))
            yield Data(shard.problems, traces, shard.pairs)
