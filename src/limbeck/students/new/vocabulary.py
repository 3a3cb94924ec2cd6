"""Tokenizers for students trained from scratch."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from limbeck.errors import LimbeckError, unknown
from limbeck.students.ops import chat_template

PAD, START, END, UNKNOWN = "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|unknown|>"
BYTES = 256


def word_rules(arch: str) -> Any:
    """The byte-level tokenizer as which `transformers` opens whatever lies beside a model, or None.

    Qwen2's class (5.23) has a normaliser and a cut into words of its own, in place of those that were saved.
    A vocabulary must be trained under them, or the student reads other tokens than it was made for.
    """
    from transformers.models.auto import tokenization_auto as auto

    forced = arch in getattr(auto, "MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS", ())
    name = auto.TOKENIZER_MAPPING_NAMES.get(arch)
    opened = auto.tokenizer_class_from_name(name) if forced and name else None
    return None if opened is None or name == "TokenizersBackend" else opened().backend_tokenizer


def train_tokenizer(texts: Iterable[str], kind: str, vocab: int, template: str, rules: Any = None) -> Any:
    """A fast tokenizer of `transformers`, with a chat template.

    Args:
        kind: ``bpe``, byte-level, so nothing is unknown to it; ``char``, one token per character seen here
            and in the template; any other is unknown later on. Tokens that never occur would not be harmless:
            under Adam they move as fast as the others and held learning of arithmetic up fourfold in a small
            model.
        vocab: size of a ``bpe`` vocabulary, special tokens included.
        rules: a byte-level tokenizer under whose normaliser and cut into words the vocabulary is made; see
            `word_rules`.
        template: ``chatml``, with ``<think>`` and ``</think>`` as ordinary tokens of their own, or ``bare``.

    Raises:
        LimbeckError: an unknown kind or template, a vocabulary too small for all bytes, no text at all.
    """
    from tokenizers import AddedToken
    from transformers import PreTrainedTokenizerFast

    jinja = chat_template(template)
    special = [PAD, START, END] if template == "chatml" else [PAD, END]
    if kind == "char":
        literals = "system user assistant\n" if template == "chatml" else ":\n"
        make = _characters if rules is None else partial(_spelt_characters, rules=rules)
        raw = make(texts, special, literals)
    elif kind == "bpe":
        raw = _byte_pairs(texts, special, vocab, rules)
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


def _spelt_characters(texts: Iterable[str], special: list[str], literals: str, rules: Any) -> Any:
    """Characters where bytes are read: each that was seen is merged from its bytes, any other stays bytes.

    All bytes are in it, for Qwen2's class leaves out, unsaid, what its vocabulary lacks.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers

    seen = {*literals}.union(*(rules.normalizer.normalize_str(text) for text in texts))
    spell = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str
    spelt = [spell(character)[0][0] for character in sorted(seen)]
    ends = [(word, end) for word in spelt for end in range(1, len(word))]
    merges = [*dict.fromkeys((word[:end], word[end]) for word, end in ends)]
    tokens = [*special, UNKNOWN, *sorted(pre_tokenizers.ByteLevel.alphabet()), *map("".join, merges)]
    raw = Tokenizer(models.BPE({token: index for index, token in enumerate(tokens)}, merges))
    raw.normalizer, raw.pre_tokenizer, raw.decoder = rules.normalizer, rules.pre_tokenizer, rules.decoder
    raw.add_special_tokens([*special, UNKNOWN])
    return raw


def _byte_pairs(texts: Iterable[str], special: list[str], vocab: int, rules: Any) -> Any:
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
    if rules is not None:
        raw.normalizer, raw.pre_tokenizer = rules.normalizer, rules.pre_tokenizer
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(texts, trainer)
    return raw
