"""Tokenizers for students trained from scratch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from limbeck.errors import LimbeckError, unknown
from limbeck.students.ops import chat_template

PAD, START, END, UNKNOWN = "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|unknown|>"
BYTES = 256


def train_tokenizer(texts: Iterable[str], kind: str, vocab: int, template: str) -> Any:
    """A fast tokenizer of `transformers`, with a chat template.

    Args:
        kind: ``bpe``, byte-level, so nothing is unknown to it; ``char``, one token per character seen here
            and in the template; any other is unknown later on. Tokens that never occur would not be harmless:
            under Adam they move as fast as the others and held learning of arithmetic up fourfold in a small
            model.
        vocab: size of a ``bpe`` vocabulary, special tokens included.
        template: ``chatml``, with ``<think>`` and ``</think>`` as ordinary tokens of their own, or ``bare``.

    Raises:
        LimbeckError: an unknown kind or template, a vocabulary too small for all bytes, no text at all.
    """
    from tokenizers import AddedToken
    from transformers import PreTrainedTokenizerFast

    jinja = chat_template(template)
    special = [PAD, START, END] if template == "chatml" else [PAD, END]
    if kind == "char":
        raw = _characters(texts, special, "system user assistant\n" if template == "chatml" else ":\n")
    elif kind == "bpe":
        raw = _byte_pairs(texts, special, vocab)
    else:
        raise unknown("tokenizer", kind, ("bpe", "char"))
    more = {"unk_token": UNKNOWN} if kind == "char" else {}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token=END, pad_token=PAD, clean_up_tokenization_spaces=False, **more
    )
    if template == "chatml":
        tokenizer.add_special_tokens({"additional_special_tokens": [START]})
        tokenizer.add_tokens(
            [AddedToken(token, normalized=False, special=False) for token in ("<think>", "</think>")]
        )
    tokenizer.chat_template = jinja
    return tokenizer


def _characters(texts: Iterable[str], special: list[str], literals: str) -> Any:
    from tokenizers import Tokenizer, decoders, models

    seen = set(literals)
    for text in texts:
        seen.update(text)
    tokens = [*special, UNKNOWN, *sorted(seen)]
    # A BPE that never merges cuts into characters without a pre-tokenizer's pass.
    raw = Tokenizer(models.BPE({token: index for index, token in enumerate(tokens)}, [], unk_token=UNKNOWN))
    raw.decoder = decoders.Fuse()
    raw.add_special_tokens([*special, UNKNOWN])
    return raw


def _byte_pairs(texts: Iterable[str], special: list[str], vocab: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    # The two think tokens are added afterwards and must not make the vocabulary larger than asked.
    size = vocab - 2 * (START in special)
    if size < BYTES + len(special):
        raise LimbeckError(
            f"a byte-level vocabulary needs at least {BYTES + len(special) + 2} tokens, got vocab={vocab}"
        )
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(texts, trainer)
    return raw
