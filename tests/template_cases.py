"""Tiny students over single characters, with any chat template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, processors
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast

BOS, EOS, UNKNOWN = "<s>", "</s>", "<unk>"
LETTERS = [chr(code) for code in range(32, 127)] + ["\n"]


def student(folder: Path, template: Any, adds: bool, begin: str | None = BOS) -> str:
    """A tiny model over single characters; ``adds``: plain encoding begins with ``<s>``."""
    raw = Tokenizer(
        models.BPE(
            {token: at for at, token in enumerate([BOS, EOS, UNKNOWN, *LETTERS])}, [], unk_token=UNKNOWN
        )
    )
    raw.decoder = decoders.Fuse()
    raw.add_special_tokens([BOS, EOS, UNKNOWN])
    if adds:
        raw.post_processor = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, 0)])
    made = PreTrainedTokenizerFast(tokenizer_object=raw, bos_token=begin, eos_token=EOS, unk_token=UNKNOWN)
    made.chat_template = template
    made.save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    config = LlamaConfig(vocab_size=len(made), bos_token_id=0, eos_token_id=1, **sizes)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return str(folder)
