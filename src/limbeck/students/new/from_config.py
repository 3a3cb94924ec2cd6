"""A small student from scratch."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any, Literal

from limbeck.errors import LimbeckError, missing_extra, unknown
from limbeck.pipeline.context import Context
from limbeck.students.new.vocabulary import train_tokenizer, word_rules
from limbeck.texts.messages import as_messages
from limbeck.texts.traces import full_text, known_format
from limbeck.types import Checkpoint, Settings, Shards

ATTENDING = ("llama", "mistral", "qwen2", "qwen3")
RECURRENT = ("mamba2", "minimax", "nemotron_h")
ARCHITECTURES = (*ATTENDING, *RECURRENT)


MIXERS = ("linear_attention", "full_attention")


class Dimensions(Settings, frozen=True):
    """How large a network is.

    Args:
        layers: transformer blocks.
        width: hidden size, a multiple of ``heads``; input and output embeddings are tied.
        heads: attention heads.
        kv_heads: key and value heads, 0 for as many as ``heads``.
        ff: hidden size of the gated feed-forward layer, 0 for 8/3 of ``width``, rounded up to a multiple of
            8.
        positions: longest sequence the model is declared for, in tokens.
    """

    layers: int = 4
    width: int = 128
    heads: int = 4
    kv_heads: int = 0
    ff: int = 0
    positions: int = 4096


def from_config(
    data: Shards,
    *,
    ctx: Context,
    arch: str = "qwen3",
    sizes: Dimensions = Dimensions(),
    vocab: int = 512,
    tokenizer: Literal["bpe", "char"] = "bpe",
    template: Literal["chatml", "bare"] = "chatml",
    seed: int = 0,
) -> Checkpoint:
    """A randomly initialised network with a tokenizer trained on the problems and all their traces.

    Args:
        arch: ``qwen3``, ``qwen2``, ``llama`` or ``mistral``; or one that keeps a state in place of keys and
            values: ``mamba2`` (no attention, ``layers`` mixers twice as wide), ``minimax`` (attention and
            linear attention by turns, attention first), ``nemotron_h`` (a Mamba-2, a feed-forward layer,
            attention and another one by turns: twice ``layers``).
        vocab: largest size of a ``bpe`` vocabulary; a ``char`` vocabulary is as large as it is, for ``qwen2``
            with all 256 bytes, for such a model is always read byte by byte.
        template: ``chatml``, or ``bare``: the question, a colon, the answer.

    Returns:
        ``ctx.dir/model`` in Hugging Face layout.

    Raises:
        LimbeckError: an unknown architecture, or sizes that do not divide.
    """
    _check(arch, sizes)
    try:
        import torch
        from transformers import AutoConfig, AutoModelForCausalLM
        from transformers.utils.logging import disable_progress_bar
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "students/from_config") from error
    disable_progress_bar()
    tokens = train_tokenizer(_texts(data), tokenizer, vocab, template, word_rules(arch))
    config = AutoConfig.for_model(arch, **_config(arch, sizes, tokens))
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config)
    ctx.log(
        f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(tokens):,} tokens in the vocabulary"
    )
    return _save(model, tokens, ctx)


def _config(arch: str, sizes: Dimensions, tokens: Any) -> dict[str, Any]:
    """The sizes as the architectures of ``transformers`` call them."""
    return {
        **_own(arch, sizes),
        "vocab_size": len(tokens),
        "hidden_size": sizes.width,
        "intermediate_size": sizes.ff or -(-8 * sizes.width // 24) * 8,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "num_key_value_heads": sizes.kv_heads or sizes.heads,
        "head_dim": sizes.width // sizes.heads,
        "max_position_embeddings": sizes.positions,
        "tie_word_embeddings": True,
        "pad_token_id": tokens.pad_token_id,
        "bos_token_id": None,
        "eos_token_id": tokens.eos_token_id,
    }


def _own(arch: str, sizes: Dimensions) -> dict[str, Any]:
    """What the architectures with a state have beside the others' sizes: a state as wide as a head."""
    width, heads = sizes.width, sizes.heads
    head = width // heads
    # Chunks of few tokens, for such networks read short texts; the result does not depend on them.
    mamba = {"n_groups": 1, "chunk_size": 64, "expand": 2}
    if arch == "mamba2":
        return {**mamba, "num_heads": 2 * heads, "state_size": head}
    if arch == "nemotron_h":
        kinds = [each for layer in range(sizes.layers) for each in (MIXERS[layer % 2], "mlp")]
        inner = {"mamba_num_heads": 2 * heads, "mamba_head_dim": head, "ssm_state_size": head}
        return {**mamba, **inner, "layers_block_type": kinds}
    if arch == "minimax":
        kinds = [MIXERS[1 - layer % 2] for layer in range(sizes.layers)]
        return {"layer_types": kinds, "num_local_experts": 1, "num_experts_per_tok": 1, "block_size": 64}
    return {}


def _check(arch: str, sizes: Dimensions) -> None:
    if arch not in ARCHITECTURES:
        raise unknown("architecture", arch, ARCHITECTURES, "students/from_config")
    layers, width, heads = sizes.layers, sizes.width, sizes.heads
    kv_heads = sizes.kv_heads or heads
    if min(layers, width, heads) < 1 or width % heads or heads % kv_heads or width // heads % 2:
        raise LimbeckError(
            f"students/from_config: width={width} must be an even multiple of heads={heads}, and heads a "
            f"multiple of kv_heads={kv_heads}"
        )


def _save(model: Any, tokenizer: Any, ctx: Context) -> Checkpoint:
    from limbeck.networks.tokenizers import save_tokenizer

    partial, folder = ctx.dir / ".model", ctx.dir / "model"
    model.save_pretrained(partial)
    save_tokenizer(tokenizer, partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return Checkpoint(str(folder))


def _texts(data: Shards) -> Iterator[str]:
    """Everything a student will read or write: questions with the turns before them, and traces right and
    wrong."""
    for shard in data:
        for problem in shard.problems:
            yield from (turn["content"] for turn in as_messages(problem))
        for trace in shard.traces:
            # A trace of an unknown format will be left out of training; its characters do no harm here.
            yield full_text(trace) if known_format(trace.format) else trace.reasoning + trace.answer
