"""Which of a tokenizer's tokens are written in which scripts: what a mask of tokens allows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.networks.tokenizers import words
from limbeck.texts.languages import script_of


def scripts_of_tokens(tokenizer: Any) -> list[frozenset[str] | None]:
    """The scripts of each token's letters, an empty set for digits, marks and control tokens.

    None for a token that is only some bytes of a character (byte fallback, byte-level pieces), for what
    script it will be of is not known before the rest is written, and for the one that stands for unknown
    characters.
    """
    special = {*tokenizer.all_special_ids, *tokenizer.get_added_vocab().values()} - {tokenizer.unk_token_id}

    def scripts_of(index: int, text: str) -> frozenset[str] | None:
        if index in special:
            return frozenset()
        return frozenset(map(script_of, text)) - {""} if text else None

    return [scripts_of(index, text) for index, text in enumerate(words(tokenizer))]


def allowed(tokenizer: Any, scripts: Collection[str], size: int) -> list[bool]:
    """Whether each of ``size`` logits is of a token without a letter of another script. Pieces of
    characters and places without a token are not."""
    known = [each is not None and each <= {*scripts} for each in scripts_of_tokens(tokenizer)]
    return [*known[:size], *[False] * (size - len(known))]


def with_tokens(model: Any, tokenizer: Any, tokens: list[str]) -> Any:
    """``model`` and ``tokenizer`` with more tokens, each read as one wherever a text has it.

    Embeddings begin as the mean of those there were, moved by a tenth of their spread, so that no two are
    alike.

    Raises:
        LimbeckError: the tokenizer has one of them already.
    """
    import torch
    from tokenizers import AddedToken

    known = tokenizer.get_vocab()
    if taken := [token for token in tokens if token in known]:
        raise LimbeckError(f"{taken[0]!r} is a token of this tokenizer already")
    before = len(tokenizer)
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=False) for token in tokens])
    table = model.get_input_embeddings().weight.detach()[:before]
    fresh = table.mean(0) + 0.1 * table.std(0) * torch.randn(len(tokens), table.shape[1])
    model.resize_token_embeddings(max(len(tokenizer), model.get_input_embeddings().num_embeddings))
    with torch.no_grad():
        for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
            layer.weight[before : before + len(tokens)] = fresh.to(layer.weight)
    return model
