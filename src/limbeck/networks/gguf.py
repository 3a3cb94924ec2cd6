"""A model in one GGUF file, as llama.cpp reads it, brought once into an ordinary Hugging Face folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from limbeck.errors import LimbeckError, missing_extra, unwritten
from limbeck.pipeline.atomic import make_folder
from limbeck.pipeline.files import resolve_path, sampled

SUFFIX, MAGIC = ".gguf", b"GGUF"
CARD = "README.md"
USUAL = ("*.safetensors", "pytorch_model*.bin", "adapter_config.json")
"""Weights that are opened as they are."""
DIGITS = {"codeshell", "command-r", "exaone", "minerva-7b", "refact", "smollm", "starcoder"}
"""Pre-tokenizers that cut off every digit before they cut as GPT-2's does, by their names in llama.cpp
(src/llama-vocab.cpp)."""
LIKE_GPT2 = {
    "exaone4",
    "gigachat",
    "gpt-2",
    "jais",
    "mellum",
    "mpt",
    "olmo",
    "phi-2",
    "roberta-bpe",
    "trillion",
}
"""Those that cut as GPT-2's does, there; a file that names none, or ``default``, is cut otherwise there."""
VERSION = 2
"""Of what is converted: a folder made otherwise is not taken for today's."""
FAULTS = (ValueError, LookupError, OSError, TypeError, AttributeError, RuntimeError)
"""What readers raise of a file that was cut, or that no model is in."""


def gguf_at(path: str) -> Path | None:
    """The GGUF file that a path names, itself or as the only weights of a folder; None for any other path.

    Raises:
        LimbeckError: a folder with several, and no other weights.
    """
    place = Path(resolve_path(str(path))).expanduser()
    if place.is_file() and place.suffix.lower() == SUFFIX:
        return place
    if not place.is_dir() or any(any(place.glob(pattern)) for pattern in USUAL):
        return None
    inside = sorted(file for file in place.iterdir() if file.suffix.lower() == SUFFIX)
    if len(inside) > 1:
        raise LimbeckError(
            f"{path} holds several GGUF files; name one of them: {', '.join(file.name for file in inside)}"
        )
    return inside[0] if inside else None


def ordinary(path: str) -> str:
    """The folder that a model is opened from: of a GGUF file what it was converted to, now or earlier; any
    other path as it is.

    Raises:
        LimbeckError: as `check`, or the cache cannot be written.
    """
    if (file := gguf_at(path)) is None:
        return path
    folder = _cached(file)
    if folder.is_dir():
        return str(folder)
    with _alone(folder):
        if not folder.is_dir():
            check(path)
            partial = folder.with_name(f".{folder.name}")
            shutil.rmtree(partial, ignore_errors=True)
            try:
                _convert(file, partial)
                partial.rename(folder)
            except OSError as error:
                raise unwritten(folder, error) from error
    return str(folder)


def check(path: str) -> None:
    """Refuse what cannot be converted, before any stage runs. A file that was converted has passed.

    Raises:
        Unavailable: `gguf` or `transformers` is missing.
        LimbeckError: no GGUF, a file that was cut, an architecture that `transformers` does not read, or one
            that writes no text.
    """
    file = gguf_at(path)
    if file is not None and not _cached(file).is_dir():
        _checked(file, sampled(file))


@lru_cache(maxsize=64)
def _checked(file: Path, digest: str) -> None:
    """`check` of a file, once for each content."""
    for package, extra in (("gguf", "real"), ("torch", "train"), ("transformers", "train")):
        if find_spec(package) is None:
            raise missing_extra(package, extra, f"reading {file}")
    with file.open("rb") as content:
        if content.read(len(MAGIC)) != MAGIC:
            raise LimbeckError(f"{file} is no GGUF file: it does not begin with {MAGIC.decode()}")
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    with _told(file):
        config = AutoConfig.from_pretrained(file.parent, gguf_file=file.name)
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise LimbeckError(f"{file} holds a {config.model_type!r}, which is no causal language model")


@lru_cache(maxsize=8)
def _fields(file: Path, digest: str) -> dict[str, Any]:
    """What a file tells of itself and of its tokenizer's kind, read once for each content: a reader parses
    every token to get there."""
    from gguf import GGUFReader

    told = ("general.", "tokenizer.ggml.model", "tokenizer.ggml.pre")
    with _told(file):
        fields = GGUFReader(file).fields
        return {key: fields[key].contents() for key in fields if key.startswith(told)}


@lru_cache(maxsize=8)
def _sha256(file: Path, digest: str) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def origin(file: Path) -> dict[str, str]:
    """What a GGUF file says of itself, as a card's front matter has it, and its SHA-256."""
    told = _fields(file, sampled(file))
    repositories = ("general.base_model.0.repo_url", "general.repo_url", "general.source.url")
    urls = [told[key] for key in repositories if told.get(key)]
    known = {
        "base_model": urls[0].removeprefix("https://huggingface.co/") if urls else file.stem,
        "license": told.get("general.license"),
        "license_name": told.get("general.license.name"),
        "license_link": told.get("general.license.link"),
        "sha256": _sha256(file, sampled(file)),
    }
    return {name: value for name, value in known.items() if value}


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """What readers raise of a broken or foreign file, as one clear error."""
    try:
        yield
    except (*FAULTS, struct.error) as error:
        reason = " ".join(str(error).split())
        raise LimbeckError(f"cannot read {file}: {reason:.200}; it may have been cut off") from error


def _cached(file: Path) -> Path:
    """Where a file is converted to: known by its content, so that a moved one is not converted anew."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(home) / "limbeck" / "gguf" / f"{file.stem}-{sampled(file)[:16]}-{VERSION}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder's name: of two runs that want the same model one converts it, the other waits."""
    make_folder(folder.parent)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _convert(file: Path, folder: Path) -> None:
    """Write weights in bfloat16, configuration, tokenizer and card into a fresh folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils.logging import disable_progress_bar

    from limbeck.networks.tokenizers import save_tokenizer

    disable_progress_bar()
    with _told(file):
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            file.parent,
            gguf_file=file.name,
            # Without it weights stay packed where the package `kernels` is installed.
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.bfloat16,
            output_loading_info=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    model, keys = loaded
    if absent := sorted(keys["missing_keys"]):
        # They would be random numbers.
        raise LimbeckError(f"{file} lacks {len(absent)} weights of its model, the first {absent[0]!r}")
    plain = _unmarked(model)
    if _pre_tokenizer(file) in DIGITS:
        _cut_digits(tokenizer)
    folder.mkdir()
    plain.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    known = origin(file)
    (folder / CARD).write_text(
        f"---\n{yaml.safe_dump(known)}---\n\nThe weights of {file.name} (GGUF), brought into bfloat16.\n",
        encoding="utf-8",
    )


def unknown_cut(file: Path) -> str:
    """The name of a pre-tokenizer that neither `transformers` nor this file knows, so that text is cut as
    GPT-2's cuts it and the model may be shown tokens that it was not trained on; else empty."""
    from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS

    name = _pre_tokenizer(file)
    return "" if name in {None, *DIGITS, *LIKE_GPT2, *GGUF_PRE_TOKENIZER_SPLITS} else name or "none named"


def _pre_tokenizer(file: Path) -> str | None:
    """None where the tokenizer has none: SentencePiece and others."""
    fields = _fields(file, sampled(file))
    bytewise = fields.get("tokenizer.ggml.model") == "gpt2"
    return str(fields.get("tokenizer.ggml.pre", "")) if bytewise else None


def _cut_digits(tokenizer: Any) -> None:
    """Cut off every digit first. `transformers` (5.23) gives a pre-tokenizer whose name it does not know
    GPT-2's rules, by which blanks and line breaks before a digit become other tokens."""
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

    tokenizer.backend_tokenizer.pre_tokenizer = Sequence([Digits(True), ByteLevel(add_prefix_space=False)])


def _unmarked(model: Any) -> Any:
    """The same model without the marks of its source: `transformers` (5.23) saves none that was read from a
    GGUF file, though its weights are plain ones."""
    import torch
    from transformers import AutoModelForCausalLM

    config = model.config
    for mark in ("quantization_config", "_model_name_or_path"):
        if hasattr(config, mark):
            delattr(config, mark)
    with torch.device("meta"):
        plain = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    plain.load_state_dict(model.state_dict(), assign=True)
    plain.tie_weights()
    plain.generation_config = model.generation_config
    return plain
