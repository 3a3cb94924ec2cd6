"""How deep a network thinks at each step of a trace, and what that says of the whole."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError, missing_extra
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.texts.steps import Cutting, ends, steps_of
from limbeck.types import Checkpoint, Shards, Share

if TYPE_CHECKING:
    from limbeck.networks.probe import Probe


def depth(
    data: Shards,
    *,
    model: Checkpoint,
    late: Share = 0.5,
    early: Share = 0.5,
    tau: float = math.inf,
    cutting: Cutting = Cutting(),
    max_tokens_per_microbatch: int = 4096,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
    ctx: Context,
) -> Iterator[Data]:
    """Score traces by how far a network's late layers still move at each step, and by common measures.

    The Reasoning Score, in nats, and the features of hallucination detection (arXiv 2505.12886). Marks on
    traces do not count. Which of them tells wrong traces is for `evaluation/detector` to say.

    Args:
        model: reads the traces; their writer, as in the paper, or any other of the same kind.
        late: share of the inner layers, the last ones, whose lens is compared with the last layer.
        early: share of a trace's steps that are early ones.
        tau: a score above which a step is overthought, in nats.
        cutting: what a step is.

    Returns:
        The data; of each trace ``scores["depth/0"]``, ``["depth/1"]``, … by step, what
        `limbeck.networks.depth.features` says as ``depth_mean``, ``depth_cv``, ``depth_attention`` and
        ``depth_checks``, ``surprisal`` and ``uncertainty`` (means over its tokens of ``-log p`` and of the
        entropy) and ``length`` in tokens.
        Traces that give no tokens stay as they are and are counted.

    Raises:
        LimbeckError: a network of a single layer, whose inner layers are none.
    """
    ends("", cutting)
    try:
        from limbeck.networks.probe import Probe
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "teachers/depth") from error
    probe = Probe.open(model, max_tokens=max_tokens_per_microbatch, precision=precision, layers=True)
    assert probe.chat_tokenizer is not None, "an opened probe has one"
    probe.chat_tokenizer.spans = True
    left = 0
    with ctx.progress(sum(len(shard.traces) for shard in data)) as bar:
        for shard in data:
            scores = _scores(probe, shard, late, early, tau, cutting)
            left += len(shard.traces) - len(scores)
            noted = ({**each.scores, **scores.get(each.id, {})} for each in shard.traces)
            traces = [replace(each, scores=all_) for each, all_ in zip(shard.traces, noted, strict=True)]
            bar.advance(len(traces))
            yield Data(shard.problems, traces, shard.pairs)
    if left:
        ctx.log(f"{left:,} traces that give no tokens stay as they are")


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    ends("", Cutting.of(given))


def _scores(
    probe: Probe, data: Data, late: float, early: float, tau: float, cutting: Cutting
) -> dict[str, dict[str, float]]:
    from limbeck.networks import depth as library

    layers = probe.networks[0].model.config.get_text_config().num_hidden_layers
    if layers < 2:
        raise LimbeckError(f"teachers/depth: the model has {layers} layer and no inner one to compare")
    traces = data.trace_by_id()
    rows, _ = probe.rows(data, data.traces)
    reader = library.Reader(probe.networks[0], late)
    read = dict(probe.tokens(rows, reader))
    made = {}
    for place, attention in probe.attentions(rows):
        row, (score_n, surprisal_n, entropy_n) = rows[place], read.pop(place)
        step_n, count = _steps(traces[row.id], row.spans, cutting)
        means = [library.step_means(each, step_n, count) for each in (score_n, surprisal_n)]
        attended = attention[-max(1, round(late * len(attention))) :].mean((0, 1))
        looked = library.looks(attended, step_n, row.start, count)
        marks = library.features(means[0], means[1], looked, early, tau)
        made[row.id] = {
            **{f"depth/{at}": float(value) for at, value in enumerate(means[0]) if not math.isnan(value)},
            **{f"depth_{name}": value for name, value in marks.items()},
            "surprisal": float(surprisal_n.mean()),
            "uncertainty": float(entropy_n.mean()),
            "length": float(len(score_n)),
        }
    return made


def _steps(trace: Trace, spans_n2: Any, cutting: Cutting) -> tuple[np.ndarray[Any, Any], int]:
    """Which step of the reasoning each token begins in, -1 behind them, and how many steps there are."""
    _, stops = steps_of(trace, cutting)
    step_n = np.searchsorted(stops, spans_n2[:, 0], side="right")
    step_n[step_n >= len(stops)] = -1
    return step_n, len(stops)
