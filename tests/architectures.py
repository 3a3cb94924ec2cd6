"""Ten architectures of `transformers`, as small as they come: what each needs besides the sizes all have."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import small_world
from flat import with_settings

SIZES: dict[str, Any] = {
    "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2,
    "num_key_value_heads": 2, "max_position_embeddings": 128,
}  # fmt: skip
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "llama": {},
    "qwen2": {},
    "qwen3": {"head_dim": 8},
    "gemma2": {"head_dim": 8},
    "phi3": {},
    "mistral": {"head_dim": 8},
    "gpt_neox": {},
    "olmo2": {},
    "mixtral": {"num_local_experts": 2, "num_experts_per_tok": 1},
    "mamba": {"state_size": 4, "time_step_rank": 2},
}


def start(arch: str, folder: Path, **config: Any) -> str:
    """A model of an architecture with a vocabulary for the small world, in ``folder``."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    # The vocabularies of Limbeck's own architectures, which are those that say how a class reads.
    of = "qwen2" if arch == "qwen2" else "llama"
    known = Path(small_world.student(folder / "vocabulary", arch=of))
    tokens = AutoTokenizer.from_pretrained(known)
    ids = {"bos_token_id": None, "eos_token_id": tokens.eos_token_id, "pad_token_id": tokens.pad_token_id}
    settings = SIZES | ARCHITECTURES[arch] | ids | {"vocab_size": len(tokens)} | config
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(AutoConfig.for_model(arch, **settings)).save_pretrained(folder)
    for file in (*known.glob("tokenizer*"), *known.glob("*.jinja")):
        shutil.copy(file, folder)
    return str(folder)


def train(folder: Path, begin: str, adapted: bool, **settings: Any) -> tuple[Path, list[Any]]:
    """Two steps from ``begin``; where it is saved, and the ids and logits of the student as it was
    trained."""
    import torch

    from limbeck.training import saving

    seen: list[Any] = []
    true = saving.save_student

    def watched(model: Any, *given: Any, **more: Any) -> None:
        ids = torch.arange(3, 12)[None]
        with torch.no_grad():
            seen[:] = [ids, model.eval()(input_ids=ids, use_cache=False).logits]
        true(model, *given, **more)

    saving.save_student = watched
    try:
        adapt = {"adapt": with_settings("students/lora", r=2)} if adapted else {}
        saved = small_world.train(
            folder, begin, small_world.world(16), steps=2, lr=0.05, **(adapt | settings)
        )
    finally:
        saving.save_student = true
    return Path(saved), seen
