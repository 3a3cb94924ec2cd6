"""Adapters of `peft`: a folder of one beside its base, and an adapter merged so that the result is what it
was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from limbeck.errors import LimbeckError, missing_extra

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"


def adapter_config(path: str) -> dict[str, Any] | None:
    """What an adapter's folder or Hub repository says of it, with its base's place; None of any other model.

    Raises:
        LimbeckError: it cannot be read or names no base.
    """
    folder = Path(path)
    file: str | Path | None = folder / CONFIG
    if not folder.is_dir():
        file = _on_hub(path)
    elif not (folder / CONFIG).is_file():
        file = None
    if file is None:
        return None
    try:
        known = json.loads(Path(file).read_text(encoding="utf-8"))
        base = known["base_model_name_or_path"]
        if not isinstance(base, str) or not base:
            raise ValueError(f"base_model_name_or_path is {base!r}")
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise LimbeckError(f"{path} is an adapter without a base: {CONFIG}: {error}") from error
    return {**known, "base": _base(folder, base) if folder.is_dir() else base}


def tokenizer_place(path: str) -> tuple[str, dict[str, Any]]:
    """Where a model's tokenizer is, and what tells its class where no configuration of a model lies beside
    it."""
    if (known := adapter_config(path)) is None:
        return path, {}
    from transformers import AutoConfig
    from transformers.utils.hub import cached_file

    place, base = path, known["base"]
    while (below := adapter_config(base)) is not None:
        base = below["base"]
    told = {"_raise_exceptions_for_missing_entries": False}
    if cached_file(path, "tokenizer_config.json", **told) is None:
        place = base
    return place, {"config": AutoConfig.from_pretrained(base)}


def _on_hub(path: str) -> str | None:
    """The file of an adapter on the Hub, from its cache where it lies there."""
    from transformers.utils.peft_utils import find_adapter_config_file

    try:
        return find_adapter_config_file(path)
    except (OSError, ValueError):
        return None  # no such model, which whoever loads it says better


def _base(folder: Path, base: str) -> str:
    """Where the base of an adapter in a folder lies: a Hub id, a path as it stands, or one that has moved
    along.

    `peft` writes the path that the base was loaded from, on the machine and from the folder it was trained
    in.
    """
    if Path(base).is_dir():
        return base
    here, parts = folder.resolve(), Path(base).parts[Path(base).is_absolute() :]
    # The end of a path has at least two parts: `model` alone is also what was trained beside the adapter.
    ends = [parts, *(parts[first:] for first in range(1, len(parts) - 1))]
    for parent in (here, *here.parents):
        for end in ends:
            place = parent.joinpath(*end)
            if place != here and any((place / name).is_file() for name in ("config.json", CONFIG)):
                return str(place)
    if base.count("/") == 1 and not base.startswith((".", "/", "~")):
        return base  # owner/name of the Hub
    raise LimbeckError(
        f"{folder} is an adapter of {base}, and no folder is there, nor under a folder above the adapter; "
        f"write where its base lies as base_model_name_or_path in {folder / CONFIG}"
    )


def with_adapter(base: Any, path: str, known: dict[str, Any]) -> Any:
    """A loaded base in float32 with the adapter at ``path`` merged into it.

    Raises:
        LimbeckError: `peft` is missing, the adapter does not fit the base, or is of a kind that cannot be
            merged.
    """
    try:
        from peft import PeftModel
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "peft", "peft", f"the adapter {path}") from error
    rows = embedded(path)
    if rows and rows != base.get_input_embeddings().weight.shape[0]:
        base.resize_token_embeddings(rows, mean_resizing=False)
    try:
        adapted = PeftModel.from_pretrained(base, path)
        if not hasattr(adapted, "merge_and_unload") or adapted.active_peft_config.is_prompt_learning:
            raise ValueError(f"a {known.get('peft_type')} cannot be merged into a model")
        return merged(adapted).requires_grad_(True)
    except (OSError, ValueError, RuntimeError, AttributeError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise LimbeckError(f"cannot open {path}, an adapter of {known['base']}: {reason:.400}") from error


def embedded(path: str) -> int:
    """Rows of the embedding that an adapter brings along, as one of added tokens does; 0 where it brings
    none."""
    folder = Path(path)
    if not (folder / WEIGHTS).is_file():
        return 0
    from safetensors import safe_open

    with safe_open(folder / WEIGHTS, "pt") as file:
        for name in file.keys():  # noqa: SIM118 not a mapping
            if name.endswith(("embed_tokens.weight", "embed_in.weight", "wte.weight", "embeddings.weight")):
                return int(file.get_slice(name).get_shape()[0])
    return 0


def merged(model: Any) -> Any:
    """An adapted model as a plain one that gives the same logits; in float32, which a bfloat16 sum would not
    hold.

    A head tied to the embedding gets weights of its own where an adapter changes either: merged into the one
    matrix that both share, an update of one would change the other as well.
    """
    model = model.float()
    for config in _untied(model.get_base_model()):
        config.tie_word_embeddings = False
    return model.merge_and_unload()


def _untied(model: Any) -> Iterator[Any]:
    """Part a head from the embedding where an adapter is on one of them; the configurations that say they are
    one."""
    from peft.tuners.tuners_utils import BaseTunerLayer
    from peft.utils import AuxiliaryTrainingWrapper

    both = model.get_input_embeddings(), model.get_output_embeddings()
    if not any(isinstance(layer, (BaseTunerLayer, AuxiliaryTrainingWrapper)) for layer in both):
        return
    embedding, head = (_plain(layer) for layer in both)
    if head is None or not model.config.get_text_config().tie_word_embeddings:
        return
    if head.weight is embedding.weight:
        head.weight = nn.Parameter(head.weight.detach().clone(), requires_grad=head.weight.requires_grad)
    yield model.config
    yield model.config.get_text_config()


def _plain(layer: Any) -> Any:
    """What an adapter's layer is around."""
    for name in ("base_layer", "original_module"):
        while isinstance(inner := getattr(layer, name, None), nn.Module):
            layer = inner
    return layer


def cast(model: Any, dtype: torch.dtype) -> Any:
    """A model's weights in a type; those that its architecture keeps in float32 stay, as do tables made on
    loading.

    ``model.to(dtype)`` would round those too, rotary frequencies among them, which no file holds.
    """
    kept = {*(getattr(model, "_keep_in_fp32_modules", None) or ())}
    kept |= {*(getattr(model, "_keep_in_fp32_modules_strict", None) or ())}
    for name, parameter in model.named_parameters():
        if parameter.is_floating_point() and not kept & {*name.split(".")}:
            parameter.data = parameter.data.to(dtype)
    return model
