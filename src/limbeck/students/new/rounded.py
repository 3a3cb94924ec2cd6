"""A student whose weights have few bits."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from limbeck.errors import missing_extra
from limbeck.pipeline.context import Context
from limbeck.types import Checkpoint

if TYPE_CHECKING:
    import torch

Bits = Annotated[int, Meta(ge=2, le=8)]


def rounded(*, student: Checkpoint, bits: Bits = 4, ctx: Context) -> Checkpoint:
    """Round the weights of a model's linear layers to ``2 ** bits - 1`` values for each output, symmetric
    around 0.

    Rounding to nearest, without calibration: the plainest quantisation, and what others are held against. The
    scale of an output is its largest weight. Embeddings and the output head stay as they are. The rounded
    values are kept in the model's own type, so that the folder opens everywhere and is as large as before;
    what is measured is what the bits cost in accuracy.

    Args:
        student: a model's folder, or the stage that made it.
        bits: of a weight, its sign included.

    Returns:
        ``ctx.dir/model``.

    Raises:
        LimbeckError: the model cannot be opened.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "students/rounded") from error
    from limbeck.networks.opening import load, open_tokenizer
    from limbeck.networks.tokenizers import save_tokenizer

    model = load(str(student))
    head = model.get_output_embeddings()
    changed = 0
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, torch.nn.Linear) and layer is not head:
                layer.weight.copy_(rounded_to(layer.weight, bits))
                changed += layer.weight.numel()
    total = sum(each.numel() for each in model.parameters())
    ctx.log(f"{changed:,} of {total:,} weights have {bits} bits")
    partial, folder = ctx.dir / ".model", ctx.dir / "model"
    for each in (partial, folder):
        shutil.rmtree(each, ignore_errors=True)
    model.save_pretrained(partial)
    save_tokenizer(open_tokenizer(str(student)), partial)
    partial.rename(folder)
    return Checkpoint(str(folder))


def rounded_to(weight_OD: torch.Tensor, bits: int) -> torch.Tensor:
    """Each row's weights at the nearest of its ``2 ** bits - 1`` evenly spaced values from minus to plus its
    largest."""
    most = 2 ** (bits - 1) - 1
    scale_O1 = weight_OD.abs().amax(1, keepdim=True).clamp(min=1e-12) / most
    told: torch.Tensor = (weight_OD / scale_O1).round() * scale_O1
    return told
