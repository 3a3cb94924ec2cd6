"""Each trace's gradient under a small model, projected to a few numbers: what diversity and influence are
measured by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from limbeck import vectors
from limbeck.errors import LimbeckError, missing_extra
from limbeck.pipeline.context import Context
from limbeck.records import Data
from limbeck.types import Checkpoint, Count, Index, Shards

if TYPE_CHECKING:
    from limbeck.networks.batch import Row
    from limbeck.networks.rows import ChatTokenizer


def gradients(
    data: Shards,
    *,
    model: Checkpoint,
    read: Literal["traces", "questions"] = "traces",
    size: Count = 1024,
    only: str = "",
    marked: bool = False,
    max_tokens: int = 0,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
    seed: int = 0,
    ctx: Context,
) -> Index:
    """Store a vector for each trace: its gradient of a model's mean loss, projected at random, of length 1.

    For Prismatic Synthesis under Qwen2.5-0.5B-Instruct (arXiv 2505.20161), for JiuZhang3.0 under one tuned on
    synthetic data (2405.14365); both multiply by a matrix of random signs. Here each weight goes with such
    a sign into one of ``size`` sums, which keeps inner products in expectation too. Killed, it goes on with
    the next shard.

    Args:
        read: ``questions`` reads the problems' texts in place of traces, by the problems' ids: source texts.
        size: numbers kept.
        only: gradients of weights with this in their names, such as ``layers.23.``; empty for all.
        marked: also read what bears a mark.
        max_tokens: longer ones are left out and counted, 0 for none.
        seed: of the projection: files that are compared must share it, and the model.

    Returns:
        ``ctx.dir/index``, read by `evaluation/diversity`, `curation/sparse` and `curation/influential`.

    Raises:
        LimbeckError: there is nothing to read, or no weight has ``only`` in its name.
    """
    try:
        from limbeck.networks.gradients import Sketch
        from limbeck.networks.gradients import gradients as of_rows
        from limbeck.networks.probe import Probe
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "teachers/gradients") from error
    probe = Probe.open(model, precision=precision, longest=max_tokens)
    assert probe.chat_tokenizer is not None, "an opened probe has one"
    folder, sketch, total = ctx.dir / "index", Sketch(size, seed), 0
    with ctx.progress(sum(_count(shard, read, marked) for shard in data)) as bar:
        for index, shard in enumerate(data):
            total += _count(shard, read, marked)
            if (folder / f"{index:05d}.npz").exists():
                continue
            rows, reasons = _rows(probe.chat_tokenizer, shard, read, marked, max_tokens)
            values = []
            for projected_D in of_rows(probe.networks[0], rows, sketch, only):
                values.append(projected_D.numpy())
                bar.advance()
            values_ND = np.stack(values) if values else np.zeros((0, size), np.float32)
            vectors.write(folder, index, [row.id for row in rows], values_ND)
            if reasons:
                ctx.log(f"{len(reasons):,} left out, the first: {reasons[0]}")
    if not total:
        raise LimbeckError(f"teachers/gradients: nothing to read: no {read[:-1]} is free of marks")
    return Index(str(folder))


def _count(shard: Data, read: str, marked: bool) -> int:
    if read == "questions":
        return sum(marked or not problem.marks for problem in shard.problems)
    return len(shard.traces if marked else shard.kept())


def _rows(
    tokenizer: ChatTokenizer, shard: Data, read: str, marked: bool, longest: int
) -> tuple[list[Row], list[str]]:
    """What is read, as rows, and why the rest is not."""
    from limbeck.networks.batch import Row

    if read == "traces":
        made = list(tokenizer.rows(shard, shard.traces if marked else shard.kept()).values())
        whole = [each for each in made if isinstance(each, Row)]
        return whole, [each for each in made if isinstance(each, str)]
    rows, reasons = [], []
    asked = tokenizer.asked(problem for problem in shard.problems if marked or not problem.marks)
    for name, ids in asked.items():
        if isinstance(ids, str):
            reasons.append(ids)
        elif len(ids) < 2 or (longest and len(ids) > longest):
            reasons.append("too_short" if len(ids) < 2 else "too_long")
        else:
            # Every token but the first is predicted: the text itself is what is learnt.
            rows.append(Row(name, np.array(ids, dtype=np.int32), 1))
    return rows, reasons
