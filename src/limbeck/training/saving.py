"""Saving a trained student so that its folder appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import torch

from limbeck.errors import LimbeckError
from limbeck.networks.branches import keep, plain_state
from limbeck.networks.rows import ChatTokenizer


def save_student(
    model: Any, chat_tokenizer: ChatTokenizer, folder: Path, dtype: torch.dtype,
    keep_adapter: bool = False, card: str = "",
) -> None:  # fmt: skip
    """Write model, tokenizer and generation settings; adapters are merged first.

    Args:
        folder: what is there is replaced, once all is written.
        dtype: of the saved weights.
        keep_adapter: also save the adapter alone, in ``adapter`` beside the folder.
        card: text of its ``README.md``.

    Raises:
        LimbeckError: the folder cannot be written.
    """
    if hasattr(model, "merge_and_unload"):
        if keep_adapter:
            adapter = folder.with_name("adapter")
            model.save_pretrained(adapter)
            chat_tokenizer.tokenizer.save_pretrained(adapter)
            # In place of peft's, which names the base by its path on this machine.
            (adapter / "README.md").write_text(
                card.replace("library_name: transformers", "library_name: peft")
            )
        model = model.merge_and_unload()
    model = model.to(dtype)
    _stop_where_training_stopped(model, chat_tokenizer)
    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        plain, more = plain_state(model)
        model.save_pretrained(partial, state_dict=plain)
        if more:
            keep(model, more, partial)
        chat_tokenizer.tokenizer.save_pretrained(partial)
        if card:
            (partial / "README.md").write_text(card, encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise LimbeckError(f"cannot write {folder}: {error}; run again to go on") from error


def _stop_where_training_stopped(model: Any, chat_tokenizer: ChatTokenizer) -> None:
    """Generation must end at the token that training ended turns with, which need not be the model's own."""
    settings = model.generation_config
    # A source's settings for sampling beside do_sample: false are read by transformers and refused on
    # writing: they were never used, so they are left out.
    if not settings.do_sample:
        for name in ("temperature", "top_p", "top_k", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff"):
            if hasattr(settings, name):
                setattr(settings, name, None)
    known = settings.eos_token_id
    ends = [
        chat_tokenizer.template.close_id,
        *(known if isinstance(known, list) else [known]),
        chat_tokenizer.tokenizer.eos_token_id,
    ]
    settings.eos_token_id = [token for token in dict.fromkeys(ends) if token is not None]
    if settings.pad_token_id is None:
        settings.pad_token_id = chat_tokenizer.pad_id
