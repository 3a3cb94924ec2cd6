"""Low-rank adapters."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
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
        targets: ``all-linear`` (every linear layer but the output head, and a mixture's experts), or layer
            names such as
            ``q_proj,v_proj``.

    Returns:
        The wrapped model; its updates are zero at first, so it starts as the model it was.

    Raises:
        LimbeckError: `peft` is missing, no layer has such a name, or `peft` refuses the layer or the rank.
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
        r=r, lora_alpha=alpha, lora_dropout=dropout, target_modules=names, task_type="CAUSAL_LM",
        exclude_modules=[*_bypassed(model)] if targets == "all-linear" else None,
    )  # fmt: skip
    try:
        with warnings.catch_warnings():
            # That a head tied to the embedding is lost on merging: here it is not, see
            # limbeck.networks.adapters.
            warnings.filterwarnings("ignore", message="Model (with|has) `tie_word_embeddings=True`")
            return get_peft_model(model, config)
    except (ValueError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise LimbeckError(f"students/lora: targets={targets!r}, r={r}: {reason:.300}") from error


def _bypassed(model: PreTrainedModel) -> Iterator[str]:
    """Layers of a state-space block (Mamba) whose weights it reads itself, past the adapter on them.

    `peft` 0.21 refuses two of them and takes ``dt_proj``, on which a trained adapter then says nothing and a
    merged one does.
    """
    for name, block in model.named_modules():
        if hasattr(block, "A_log"):
            yield from (f"{name}.{layer}" for layer in ("conv1d", "dt_proj", "out_proj"))
