"""Low-rank adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import LimbeckError, missing_extra, nearest

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel


def lora(
    model: PreTrainedModel, *, r: int = 16, alpha: int = 32, dropout: float = 0.0, targets: str = "all-linear"
) -> PeftModel:
    """Freeze a model and train low-rank updates of its linear layers instead (LoRA, arXiv 2106.09685),
    through `peft`.

    Args:
        r: rank of an update.
        alpha: an update is scaled by ``alpha / r``.
        dropout: on an adapter's input, while training.
        targets: ``all-linear`` (every linear layer but the output head), or layer names such as
            ``q_proj,v_proj``.

    Returns:
        The wrapped model; its updates are zero at first, so it starts as the model it was.

    Raises:
        LimbeckError: `peft` is missing, or no layer has such a name.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "peft", "peft", "students/lora") from error
    names = targets if targets == "all-linear" else [name.strip() for name in targets.split(",")]
    layers = {name.rsplit(".", 1)[-1] for name, _ in model.named_modules() if name}
    for name in names if isinstance(names, list) else []:
        if name not in layers:
            raise LimbeckError(f"students/lora: the model has no layer named {name!r}{nearest(name, layers)}")
    config = LoraConfig(
        r=r, lora_alpha=alpha, lora_dropout=dropout, target_modules=names, task_type="CAUSAL_LM"
    )
    return get_peft_model(model, config)
