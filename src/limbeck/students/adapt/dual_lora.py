"""Low-rank adapters beside a frozen branch that has learned wrong traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import LimbeckError
from limbeck.types import Checkpoint

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def dual_lora(
    model: PreTrainedModel,
    *,
    negative: Checkpoint,
    r: int = 8,
    alpha: float = 16.0,
    beta: float = 0.5,
    targets: str = "q_proj,v_proj",
) -> PreTrainedModel:
    """Train low-rank updates that may lean towards or away from a model of wrong traces, layer by layer
    (TDG's NAT).

    arXiv 2312.12832, section 3.2: a layer's output is ``(1 - a) h⁺ + a h⁻`` with the updated layer's ``h⁺``
    and the frozen negative layer's ``h⁻``; ``a``, between ``-beta`` and ``beta``, is told by attention from
    the layer's input to both, so wrong knowledge is added where it helps and subtracted where it harms. The
    model starts as it was.

    Such a student is kept as a plain model and `limbeck.networks.branches.FILE` beside it, which Limbeck's
    own models read; other programs that open the folder see the plain model alone.

    Args:
        negative: a model of the same shape, trained on wrong traces from the same start.
        r: rank of the updates and of query and key; an update is scaled by ``alpha / r``.
        beta: largest share of the negative branch, taken or subtracted; 0 is plain LoRA.
        targets: names of the linear layers.

    Raises:
        LimbeckError: a layer that is not there, a model of another shape, or a setting out of range.
    """
    if r < 1 or beta < 0:
        raise LimbeckError(f"students/dual_lora: r={r} must be positive, beta={beta} not negative")
    from transformers import AutoModelForCausalLM

    from limbeck.networks.branches import grow

    try:
        wrong = AutoModelForCausalLM.from_pretrained(negative, dtype=model.dtype)
    except (OSError, ValueError) as error:
        raise LimbeckError(f"students/dual_lora: cannot open the negative {negative!r}: {error}") from error
    names = [name.strip() for name in targets.split(",")]
    grown: PreTrainedModel = grow(model, wrong, names, r, alpha, beta)
    return grown
