"""How much more a trace surprises a model than the model's own samples would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from limbeck.errors import missing_extra
from limbeck.pipeline.context import Context
from limbeck.records import Data
from limbeck.types import Checkpoint, Shards

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy


def surprise(
    data: Shards,
    *,
    model: Checkpoint,
    score: str = "surprise",
    most: float | None = None,
    max_tokens_per_microbatch: int = 4096,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
    ctx: Context,
) -> Iterator[Data]:
    """Score each trace by its negative log-probability beyond the model's entropy, in standard deviations.

    With p the model's distribution at each of the trace's tokens, ``z = Σ(-log p - H) / √Σ Var``, where H
    is the entropy and Var the variance of ``log p`` under p: of what the model samples itself at temperature
    1 the mean is 0, and the variance 1. A suspicion of texts that were written to harm who learns from them:
    Antidistillation Sampling (arXiv 2504.13146) moves tokens to where a proxy student is hurt, away from what
    a reader expects. It proves nothing, for texts by other hands surprise too, and sampling below temperature
    1 hides much. Compare traces of one source.

    Args:
        model: who reads; the closer to the writer the sharper.
        most: a trace of a larger score is marked ``suspicious``; by default none is.

    Returns:
        The data; a trace that gives no tokens, or whose tokens the model is sure of, has no score.

    Raises:
        LimbeckError: the checkpoint cannot be opened.
    """
    try:
        from limbeck.networks.probe import Probe
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "teachers/surprise") from error
    probe = Probe.open(model, max_tokens=max_tokens_per_microbatch, precision=precision)
    with ctx.progress(sum(len(shard.traces) for shard in data)) as bar:
        for shard in data:
            rows, _ = probe.rows(shard, shard.traces)
            values = dict(zip((row.id for row in rows), probe.traces(rows, _surplus), strict=True))
            traces = []
            for trace in shard.traces:
                value = values.get(trace.id)
                if value is not None and value == value:  # NaN where nothing was open
                    marks = ["suspicious"] if most is not None and value > most else []
                    marks = [*dict.fromkeys([*trace.marks, *marks])]
                    trace = replace(trace, scores={**trace.scores, score: value}, marks=marks)
                traces.append(trace)
            bar.advance(len(shard.traces))
            yield Data(shard.problems, traces, shard.pairs)


def _surplus(batch: Batch, policy: Policy) -> Tensor:
    """The score of each row, ``[B]``."""
    from limbeck.networks.logp import map_logits

    def variance(logits_CV: Tensor, part: slice) -> Tensor:
        logp_CV = logits_CV.log_softmax(-1)
        p_CV = logp_CV.exp()
        return (p_CV * logp_CV.square()).sum(-1) - (p_CV * logp_CV).sum(-1).square()

    assert policy.head is not None, "a probe's policies have heads"
    zero_B = policy.logp_N.new_zeros(len(batch.ids))
    surplus_B = zero_B.index_add(0, policy.row_N, -policy.logp_N - policy.entropy_N())
    variance_B = zero_B.index_add(0, policy.row_N, map_logits(policy.head, variance).clamp(min=0))
    return surplus_B / variance_B.sqrt()
