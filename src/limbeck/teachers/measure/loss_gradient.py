"""The direction in which a model's loss on some traces grows fastest: what a distiller of it would not go."""

from __future__ import annotations

import json
import shutil
from typing import Literal

from limbeck.errors import LimbeckError, missing_extra
from limbeck.pipeline.context import Context
from limbeck.types import Checkpoint, CountOrNone, Part, Shards

NO_RESULT = ("max_tokens_per_microbatch",)


def loss_gradient(
    data: Shards,
    *,
    model: Checkpoint,
    ctx: Context,
    marked: bool = False,
    max_tokens: CountOrNone = 0,
    max_tokens_per_microbatch: int = 4096,
    precision: Literal["auto", "bf16", "fp32"] = "fp32",
) -> Part:
    """Store the gradient of a model's mean loss on held-out traces, weight by weight.

    Antidistillation sampling, arXiv 2504.13146, section 3: ``g``, the gradient of the downstream loss of a
    proxy student, computed once.

    Args:
        data: what a student of the teacher should become good at; each trace counts the same.
        model: the proxy student.
        marked: also read traces that bear a mark.
        max_tokens: longer traces are left out and counted, 0 for none.

    Returns:
        ``ctx.dir/part``, the parameter ``gradient`` of `decoding/antidistillation`; its norm is noted.

    Raises:
        LimbeckError: there is nothing to read.
    """
    try:
        from safetensors.torch import save_file

        from limbeck.networks.gradients import mean_gradient
        from limbeck.networks.probe import Probe
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "teachers/loss_gradient") from error
    probe = Probe.open(str(model), precision=precision, longest=max_tokens)
    rows = []
    for shard in data:
        made, reasons = probe.rows(shard, shard.traces if marked else shard.kept())
        rows += made
        if reasons:
            ctx.log(f"{len(reasons):,} traces left out, the first: {reasons[0]}")
    if not rows:
        raise LimbeckError("teachers/loss_gradient: nothing to read: no trace is free of marks")
    gradient = mean_gradient(probe.networks[0], rows, max_tokens_per_microbatch)
    norm = sum(float(each.double().square().sum()) for each in gradient.values()) ** 0.5
    ctx.log(f"the gradient of {len(rows):,} traces has norm {norm:.4g}")
    partial, folder = ctx.dir / ".part", ctx.dir / "part"
    for each in (partial, folder):
        shutil.rmtree(each, ignore_errors=True)
    partial.mkdir(parents=True)
    tensors = {name: each.cpu().contiguous() for name, each in gradient.items()}
    save_file(tensors, partial / "gradient.safetensors", metadata={"of": json.dumps({"traces": len(rows)})})
    partial.rename(folder)
    return Part(str(folder))
