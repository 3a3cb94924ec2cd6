"""Saving a trained student so that its folder appears whole or not at all, and is what was trained."""

from __future__ import annotations

import copy
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from limbeck.errors import LimbeckError
from limbeck.networks import branches, ways
from limbeck.networks.adapters import cast, merged
from limbeck.networks.opening import load
from limbeck.networks.rows import ChatTokenizer
from limbeck.networks.tokenizers import save_tokenizer
from limbeck.training.proof import read, same, stirred

LARGE = 2**30
"""Parameters beyond which a rehearsal, which needs two more copies of the model, leaves the weights out."""
FAULTS = (LimbeckError, OSError, ValueError, TypeError, RuntimeError, LookupError, AttributeError)
"""What libraries raise where they cannot write a model, or read it again."""


def rehearse(
    model: Any, chat_tokenizer: ChatTokenizer, folder: Path, dtype: torch.dtype, keep_adapter: bool,
    rows: Sequence[Tensor],
) -> None:  # fmt: skip
    """Ask before the first step whether a student can be saved: a copy of it, moved a little, is.

    Raises:
        LimbeckError: it cannot, or what is saved is not what is trained.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".rehearsal", dir=folder, ignore_cleanup_errors=True) as place:
        try:
            if sum(parameter.numel() for parameter in model.parameters()) <= LARGE:
                moved = stirred(copy.deepcopy(model))
                save_student(moved, chat_tokenizer, Path(place) / "model", dtype, keep_adapter, rows=rows)
            else:
                model.config.save_pretrained(place)
                _generation(model, chat_tokenizer).save_pretrained(place)
                save_tokenizer(chat_tokenizer.tokenizer, Path(place))
        except LimbeckError as error:
            reason = str(error).replace(f"{place}/", "")
            raise LimbeckError(f"before the first step: this student cannot be kept: {reason}") from error


def save_student(
    model: Any, chat_tokenizer: ChatTokenizer, folder: Path, dtype: torch.dtype,
    keep_adapter: bool = False, card: str = "", rows: Sequence[Tensor] = (),
) -> None:  # fmt: skip
    """Write model, tokenizer and generation settings; adapters are merged first, in float32.

    Args:
        folder: what is there is replaced, once all is written, opened again and compared.
        dtype: of the saved weights.
        keep_adapter: also save the adapter alone, in ``adapter`` beside the folder.
        card: text of its ``README.md``.
        rows: what the trained and the saved student are compared on.

    Raises:
        LimbeckError: the folder cannot be written, or holds another student than was trained.
    """
    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        if hasattr(model, "merge_and_unload"):
            model = model.float().cpu()
            trained = read(model, rows) if rows else None
            if keep_adapter:
                _save_adapter(model, chat_tokenizer, folder.with_name("adapter"), card, trained, rows)
            model = merged(model)
            if trained is not None:
                same(trained, read(model, rows), "merging the adapter")
        model = cast(model, dtype)
        _write(model, chat_tokenizer, partial, card)
        if rows:
            # In float32, which holds what was rounded as it is: in bfloat16 the attention of training and
            # that of whoever opens it differ by more than what is looked for (30 layers: 1.3 of 37).
            model = cast(model, torch.float32)
            reopened = load(str(partial), torch.float32).to(next(model.parameters()).device)
            same(read(model, rows), read(reopened, rows), "saving and opening it again", dtype)
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)
    except FAULTS as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, LimbeckError):
            raise
        reason = " ".join(str(error).split())
        raise LimbeckError(f"cannot write {folder}: {reason:.400}; run again to go on") from error


def _write(model: Any, chat_tokenizer: ChatTokenizer, folder: Path, card: str) -> None:
    plain, more = branches.plain_state(model)
    added: dict[str, Tensor] = {}
    if plain is None:
        plain, added = ways.plain_state(model)
    model.generation_config = _generation(model, chat_tokenizer)
    model.save_pretrained(folder, state_dict=plain)
    if more:
        branches.keep(model, more, folder)
    ways.keep(model, added, folder)
    save_tokenizer(chat_tokenizer.tokenizer, folder)
    if card:
        (folder / "README.md").write_text(card, encoding="utf-8")


def _save_adapter(
    model: Any, chat_tokenizer: ChatTokenizer, folder: Path, card: str, trained: Tensor | None,
    rows: Sequence[Tensor],
) -> None:  # fmt: skip
    """Write an adapter alone, with where its base lies; see that on its base it is what was trained."""
    for config in model.peft_config.values():
        base = config.base_model_name_or_path or model.get_base_model().name_or_path
        # A relative path would be looked for from wherever the adapter is opened.
        config.base_model_name_or_path = str(Path(base).resolve()) if Path(base).is_dir() else base
    model.save_pretrained(folder)
    chat_tokenizer.tokenizer.save_pretrained(folder)
    # In place of peft's, which names the base by its path on this machine.
    (folder / "README.md").write_text(card.replace("library_name: transformers", "library_name: peft"))
    if trained is not None:
        same(trained, read(load(str(folder)), rows), "saving the adapter and opening it on its base")


def _generation(model: Any, chat_tokenizer: ChatTokenizer) -> Any:
    """Settings for generation that `transformers` writes, ending where training ended turns.

    That need not be the model's own end. What a source says that is refused on writing, though it was read,
    such
    as a temperature beside ``do_sample: false``, is left out.
    """
    from transformers import GenerationConfig

    known = model.generation_config
    ends = [
        chat_tokenizer.template.close_id,
        *(known.eos_token_id if isinstance(known.eos_token_id, list) else [known.eos_token_id]),
        chat_tokenizer.tokenizer.eos_token_id,
    ]
    kept: dict[str, Any] = {
        "eos_token_id": [token for token in dict.fromkeys(ends) if token is not None],
        "pad_token_id": chat_tokenizer.pad_id if known.pad_token_id is None else known.pad_token_id,
    }
    # What others depend on comes first.
    given = {"do_sample": None, "num_beams": None, "use_cache": None, **known.to_diff_dict()}
    for name, value in given.items():
        if value is None or name in kept:
            continue
        try:
            GenerationConfig(**kept, **{name: value}).validate(strict=True)
        except (ValueError, TypeError, AttributeError):
            continue
        kept[name] = value
    return GenerationConfig(**kept)
