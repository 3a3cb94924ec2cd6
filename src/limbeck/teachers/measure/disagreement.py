"""How far two models are apart on stored traces: which traces tell the one's way of thinking from the
other's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import msgspec

from limbeck.errors import LimbeckError, missing_extra
from limbeck.pipeline.context import Context
from limbeck.records import Data
from limbeck.types import Checkpoint, Shards

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Row
    from limbeck.networks.events import Events
    from limbeck.networks.policy import Network


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
        from limbeck.networks import opening, rows, template
        from limbeck.networks.policy import Network
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "teachers/disagreement") from error
    tokenizer = opening.open_tokenizer(model)
    if opening.open_tokenizer(other).get_vocab() != tokenizer.get_vocab():
        raise LimbeckError(f"teachers/disagreement: {model} and {other} have different vocabularies")
    tokeniser = rows.Tokeniser(tokenizer, template.check_template(tokenizer))
    autocast = opening.autocast_dtype(precision)
    networks = [
        Network(opening.open_model(path, 0, None, autocast)[0].to(opening.device()), autocast).eval()
        for path in (model, other)
    ]
    with ctx.progress(sum(len(shard.traces) for shard in data)) as bar:
        for shard in data:
            made = tokeniser.rows(shard, shard.traces)
            usable = [row for row in made.values() if not isinstance(row, str)]
            found = _means(networks, usable, max_tokens_per_microbatch)
            traces = []
            for trace in shard.traces:
                if trace.id in found:
                    value = math.tanh(found[trace.id]) if squash else found[trace.id]
                    trace = msgspec.structs.replace(trace, scores={**trace.scores, score: value})
                traces.append(trace)
            bar.advance(len(shard.traces))
            yield Data(shard.problems, traces, shard.pairs)


def _means(networks: list[Network], rows: list[Row], budget: int) -> dict[str, float]:
    """Mean over each row's tokens of the first network's KL to the second, in nats, by row."""
    import torch

    from limbeck.networks.batch import Item, collate, cut
    from limbeck.networks.policy import Policy
    from limbeck.training.signals import Live

    device = next(networks[0].parameters()).device
    found: dict[str, float] = {}
    # What a row carries besides its tokens must not weigh them here.
    bare = [Item((replace(row, columns={}, values={}),)) for row in rows]
    for part in cut(bare, budget) if bare else []:
        batch = collate(part).to(device)
        with torch.no_grad():
            one, two = (network.head(network(batch.ids_BT, batch.index_N)[0]) for network in networks)
            gap_N = Policy(batch, one).against(Live(two), _divergence)
        means_B = gap_N.new_zeros(len(part)).index_add(0, batch.row_N, gap_N) / batch.count_B
        found.update(zip(batch.ids, means_B.tolist(), strict=True))
    return found


def _divergence(events: Events) -> Tensor:
    """KL of the first network, the student of the events, to the second."""
    return (events.student_CM.exp() * (events.student_CM - events.teacher_CM)).sum(-1)
