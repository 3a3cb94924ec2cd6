"""Whether what is saved is what was trained: asked before the first step, and again of the finished
student."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from limbeck.errors import LimbeckError

if TYPE_CHECKING:
    from limbeck.networks.batch import Item

ROWS, TOKENS = 3, 48
"""How much is read to compare two models."""
TOLERANCE = 1e-4
"""Of the largest logit: an adapter merged in float32 differs by a hundredth of that."""
MOST = 0.9
"""Share of the positions that must agree: where a mixture's router is at a tie, rounding picks another
expert."""


def rows_to_read(items: Iterable[Item], model: Any) -> list[Tensor]:
    """The beginnings of a few rows, ``ids_T`` each."""
    longest = min(TOKENS, getattr(model.config.get_text_config(), "max_position_embeddings", None) or TOKENS)
    first = [row.ids for _, item in zip(range(ROWS), items, strict=False) for row in item.rows[:1]]
    return [torch.tensor(ids[:longest].tolist()) for ids in first]


@torch.no_grad()
def read(model: Any, rows: Sequence[Tensor]) -> Tensor:
    """Logits at all positions of some rows, ``logits_NV`` in float32 on the CPU; the model's mode is as
    before."""
    training, device = model.training, next(model.parameters()).device
    model.eval()
    try:
        logits = [model(input_ids=ids_T[None].to(device), use_cache=False).logits[0] for ids_T in rows]
    finally:
        model.train(training)
    return torch.cat(logits).float().cpu()


def same(expected_NV: Tensor, got_NV: Tensor, what: str, dtype: torch.dtype = torch.float32) -> None:
    """Compare what two models say of the same rows.

    Args:
        what: was done between the two.
        dtype: in which the student is stored; both computed in float32.

    Raises:
        LimbeckError: they differ beyond rounding, or are not finite.
    """
    kind = str(dtype).removeprefix("torch.")
    if not expected_NV.isfinite().all():
        raise LimbeckError(f"{what}: the student's logits are not finite in {kind}, in which it is stored")
    scale = max(1.0, float(expected_NV.abs().max()))
    off_N = torch.nan_to_num((expected_NV - got_NV).abs().amax(-1), nan=torch.inf)
    allowed = TOLERANCE * scale
    if off_N.quantile(MOST) > allowed:
        raise LimbeckError(
            f"{what} makes another student: its logits, up to {scale:.3g} in size, change by up to "
            f"{float(off_N.max()):.3g} where rounding explains {allowed:.1g}"
        )


def stirred(model: Any) -> Any:
    """Move what a model trains, as training will: an adapter that is zero at first hides whether it is
    kept."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                noise = torch.randn(parameter.shape, generator=generator).to(parameter)
                spread = float(parameter.float().std()) if parameter.numel() > 1 else 0.0
                parameter.add_(noise * max(spread, 0.1))
    return model
