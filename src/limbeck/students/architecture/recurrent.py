"""A student whose attention has become a linear recurrence."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from limbeck.errors import missing_extra
from limbeck.pipeline.context import Context
from limbeck.types import Checkpoint, Count

Taps = Annotated[int, Meta(ge=1, le=16)]


def recurrent(
    *,
    student: Checkpoint,
    keep: tuple[Count, ...] = (),
    mapped: bool = True,
    rotary: bool = True,
    conv: Taps = 4,
    seed: int = 0,
    ctx: Context,
) -> Checkpoint:
    """Put a linear recurrence in the place of attention, with attention's own projections (arXiv 2504.10449).

    ``S_t = exp(-a Δ_t) S_{t-1} + Δ_t k_t v_t'`` and ``y_t = q_t' S_t`` in each head (Mamba-2's, whose decay
    the token tells): queries, keys, values and output begin as attention's, key and value heads that were
    shared are repeated, and all else of the model stays. What it remembers has one size however long the text
    is. It writes little sense before it is trained: by `objectives/mixers`, which leads its layers to the
    teacher's (arXiv 2502.20339), and by `objectives/kd`.

    Args:
        student: a llama, mistral, qwen2 or qwen3 model; the teacher of what follows.
        keep: layers that go on attending, counted from 1; none for a model of recurrent layers alone.
        mapped: ``false`` begins the projections at random, a control.
        rotary: recurrent layers too turn queries and keys by their position.
        conv: tokens that a short causal convolution of queries, keys and values sees, 1 for none; it begins
            as none.
        seed: of what is random.

    Returns:
        ``ctx.dir/model``, of type ``limbeck_recurrent``, which opens wherever Limbeck opens a model.

    Raises:
        LimbeckError: another architecture, or layers to keep that the model does not have or that are all.
    """
    try:
        from limbeck.networks.converting import converted
        from limbeck.networks.opening import load, open_tokenizer
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "students/recurrent") from error
    from limbeck.networks.tokenizers import save_tokenizer

    model = converted(load(str(student)), keep, conv, rotary, mapped, seed)
    kinds = model.config.layer_types or []
    ctx.log(f"{kinds.count('linear_attention')} of {len(kinds)} layers are recurrent")
    partial, folder = ctx.dir / ".model", ctx.dir / "model"
    for each in (partial, folder):
        shutil.rmtree(each, ignore_errors=True)
    model.save_pretrained(partial)
    save_tokenizer(open_tokenizer(str(student)), partial)
    partial.rename(folder)
    return Checkpoint(str(folder))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: a model that is there already is looked at."""
    path = given.get("student", "")
    if path and (Path(path).expanduser() / "config.json").is_file():
        from limbeck.networks.converting import check
        from limbeck.networks.opening import configuration

        check(configuration(path), given.get("keep", ()))
