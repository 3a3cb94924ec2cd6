"""Texts as vectors whose cosine says how alike they are: by letters, by words' meanings, by a network."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from limbeck.errors import LimbeckError, missing_extra, nearest
from limbeck.texts.questions import normalise
from limbeck.texts.similarity import vector

Embed = Callable[[Sequence[str]], np.ndarray]
"""Texts to vectors ``[texts, D]`` of length 1, in float32; zeros for a text of which nothing is known."""

WIDTH = 1024
"""Places that trigrams are hashed to: two texts without a trigram in common have a cosine of 0 ± 0.03."""
BATCH = 64
NAMES = "letters", "static"


def embedder(name: str) -> Embed:
    """What makes vectors.

    * ``letters``: character trigrams (`limbeck.texts.similarity`), hashed to `WIDTH` signed places (feature
      hashing, arXiv 0902.2206). Wording, in any language; needs nothing.
    * ``static``: the mean of 256-dimensional vectors of the text's tokens, those of the package wordllama
      (MIT): meaning of words, in English, without their order. Extra ``vectors``, no torch.
    * a path or Hub id: the mean of the last hidden states of a network of `transformers`.

    Raises:
        LimbeckError: the extra is not installed, or no network can be opened there.
    """
    if name == "letters":
        return _letters
    if name == "static":
        return _static()
    return _network(name)


def check(name: str, where: str) -> None:
    """Raise for a name that is no path of a network either: seen when a plan is made.

    Raises:
        LimbeckError: it is none, or ``static`` is not installed.
    """
    if name == "static":
        _static_files()
    elif name not in NAMES and "/" not in name and not Path(name).exists():
        hint = nearest(name, NAMES)
        raise LimbeckError(f"{where}: vectors={name!r} is neither {' nor '.join(NAMES)}, nor a path{hint}")


@cache
def _place(gram: str) -> tuple[int, float]:
    code = zlib.crc32(gram.encode("utf-8", "surrogatepass"))
    return code % WIDTH, 1.0 if code >> 31 else -1.0


def _letters(texts: Sequence[str]) -> np.ndarray:
    rows = np.zeros((len(texts), WIDTH), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for gram, weight in vector(text).items():
            place, sign = _place(gram)
            row[place] += sign * weight
    return unit(rows)


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows brought to length 1; zeros stay."""
    lengths: np.ndarray = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


def _static_files() -> tuple[Path, Path]:
    spec = find_spec("wordllama")
    if spec is None or not spec.submodule_search_locations or find_spec("safetensors") is None:
        raise missing_extra("wordllama", "vectors", "vectors of words")
    root = Path(spec.submodule_search_locations[0])
    return (
        root / "weights/l2_supercat_256.safetensors",
        root / "tokenizers/l2_supercat_tokenizer_config.json",
    )


@cache
def _static() -> Embed:
    # Its own loader looks for the tokenizer in another folder than its wheel has, and then on the network
    # (wordllama 0.4.0.post1).
    weights, tokens = _static_files()
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    table = load_file(weights)["embedding.weight"].astype(np.float32)
    tokenizer = Tokenizer.from_file(str(tokens))
    tokenizer.no_padding()
    tokenizer.no_truncation()

    def embed(texts: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(texts), table.shape[1]), np.float32)
        read = tokenizer.encode_batch([normalise(text) for text in texts], add_special_tokens=False)
        for row, each in zip(rows, read, strict=True):
            if each.ids:
                row[:] = table[each.ids].mean(axis=0)
        return unit(rows)

    return embed


@cache
def _network(path: str) -> Embed:
    try:
        import torch
        from transformers import AutoModel, AutoTokenizer
    except ImportError:
        raise missing_extra("transformers", "train", "vectors of a network") from None
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(path)
        model: Any = AutoModel.from_pretrained(path, dtype=torch.float32).eval()
    except (OSError, ValueError) as error:
        raise LimbeckError(f"cannot open the network {path!r} for vectors: {error}") from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    most = min(tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", 512))

    def embed(texts: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(texts), model.config.hidden_size), np.float32)
        order = sorted((at for at, text in enumerate(texts) if text.strip()), key=lambda at: len(texts[at]))
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            batch = [normalise(texts[at]) for at in places]
            read = tokenizer(batch, padding=True, truncation=True, max_length=most, return_tensors="pt")
            with torch.inference_mode():
                hidden_BTD = model(**read.to(device)).last_hidden_state
            mask_BT1 = read["attention_mask"].unsqueeze(-1)
            rows[places] = ((hidden_BTD * mask_BT1).sum(1) / mask_BT1.sum(1)).cpu().numpy()
        return unit(rows)

    return embed
