"""Opening what a run needs: accelerator and trackers, student and tokenizer; and saving the result whole."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from limbeck.errors import LimbeckError, unknown
from limbeck.networks.branches import keep, plain_state, restored
from limbeck.networks.template import load_tokenizer

TRACKERS = ("tensorboard", "trackio", "wandb")
PRECISIONS = ("auto", "bf16", "fp32")


def make_accelerator(track: str, folder: Path) -> Any:
    """An `accelerate.Accelerator` for one process or for data-parallel ones.

    Raises:
        LimbeckError: an unknown tracker, one that is not installed, or a launch other than data-parallel.
    """
    from accelerate import Accelerator
    from accelerate.utils import DistributedType

    if track and track not in TRACKERS:
        raise unknown("tracker", track, TRACKERS, "track")
    if track and find_spec(track) is None:
        raise LimbeckError(f"track={track} needs {track}: pip install {track}")
    # Precision is the loop's own affair, so a process may train several students in different ones.
    accelerator = Accelerator(mixed_precision="no", log_with=track or None, project_dir=str(folder))
    known = (DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU)
    if accelerator.distributed_type not in known:
        raise LimbeckError(
            "training runs in one process or data-parallel (DDP); this launch asks for "
            f"{accelerator.distributed_type}"
        )
    if track:
        accelerator.init_trackers("limbeck")
    return accelerator


def autocast_dtype(precision: str) -> torch.dtype | None:
    """What to compute in, None for float32: ``auto`` is bfloat16 on a GPU that has it and float32
    elsewhere."""
    if precision not in PRECISIONS:
        raise unknown("precision", precision, PRECISIONS)
    if precision == "auto":
        precision = "bf16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "fp32"
    return torch.bfloat16 if precision == "bf16" else None


def device() -> str:
    """Where to compute outside a training run."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def microbatch_tokens() -> int:
    """Padded tokens per micro-batch where nothing is asked for: 1,000-token rows ran 1.4 times faster so on a
    CPU."""
    return 16384 if torch.cuda.is_available() else 4096


def open_tokenizer(path: str) -> Any:
    """The tokenizer in a folder or of a Hub id."""
    try:
        return load_tokenizer(path)
    except (OSError, ValueError) as error:
        raise LimbeckError(f"cannot open the tokenizer of the student {path!r}: {error}") from error


def open_model(path: str, seed: int, adapt: Any, autocast: torch.dtype | None) -> tuple[Any, torch.dtype]:
    """A causal language model from a folder or the Hub, and the type its weights are stored in.

    Weights are loaded in float32, for small steps vanish in bfloat16. Under an adapter the base is frozen and
    comes in the type computed in.

    Args:
        adapt: a change to make to it, or None; what is random in it comes from ``seed``.
    """
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    dtype = autocast if adapt is not None and autocast is not None else torch.float32
    try:
        stored = AutoConfig.from_pretrained(path).dtype or torch.float32
        model = restored(AutoModelForCausalLM.from_pretrained(path, dtype=dtype), path)
    except (OSError, ValueError, SafetensorError) as error:
        raise LimbeckError(f"cannot open the student {path!r}: {error}") from error
    torch.manual_seed(seed)
    return (model if adapt is None else adapt(model)), stored


def save_student(model: Any, tokenizer: Any, folder: Path, close_id: int, dtype: torch.dtype) -> None:
    """Write model, tokenizer and generation settings so that the folder appears whole or not at all.

    Args:
        close_id: generation must stop at the token that training ended turns with.
        dtype: of the saved weights.
    """
    model = model.to(dtype)
    stops = model.generation_config.eos_token_id
    stops = stops if isinstance(stops, list) else [stops]
    ends = dict.fromkeys([close_id, *stops, tokenizer.eos_token_id])
    model.generation_config.eos_token_id = [token for token in ends if token is not None]
    if model.generation_config.pad_token_id is None:
        model.generation_config.pad_token_id = pad_id(tokenizer, close_id)
    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        plain, more = plain_state(model)
        model.save_pretrained(partial, state_dict=plain)
        if more:
            keep(model, more, partial)
        tokenizer.save_pretrained(partial)
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise LimbeckError(f"cannot write {folder}: {error}; run again to go on") from error


def pad_id(tokenizer: Any, close_id: int) -> int:
    """The padding token; its value is never seen, so the closing token does where there is none."""
    return close_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
