"""A student that fills in hidden tokens instead of writing from left to right."""

from __future__ import annotations

import shutil
from typing import Any

from limbeck.errors import LimbeckError, missing_extra
from limbeck.pipeline.context import Context
from limbeck.types import Checkpoint, Count, Share


def masked_diffusion(
    *,
    student: Checkpoint,
    length: Count = 64,
    block: Count = 16,
    reveal: Count = 1,
    hidden: Share = 0.15,
    ctx: Context,
) -> Checkpoint:
    """Make a network see both ways and fill in hidden tokens: a masked diffusion model (LLaDA, arXiv
    2502.09992), as d1 trains them (arXiv 2504.12216).

    Its attention is no longer causal, and a vector of its own stands for what is hidden. ``sft`` then trains
    on a random share of each answer (`limbeck.networks.masked`), and sampling reveals a hidden answer of
    fixed length block by block, the surest tokens first. Policy gradients take the rollout
    `rollouts/denoised`. Such a student is kept as a plain model and ``added.safetensors`` beside it, which
    Limbeck's own models read. What it was trained for before, from left to right, it cannot do.

    Args:
        student: a network whose body takes a mask of four axes, as those of `students/from_config` do.
        length: of every answer, in tokens, its end token among them; what is shorter is filled up.
        block: tokens that are revealed before the next ones, a divisor of ``length``.
        reveal: of a block, in one step; the larger, the fewer the steps.
        hidden: share of the prompt that a reading of a rollout does not see, 0 for none.

    Returns:
        ``ctx.dir/model``.

    Raises:
        LimbeckError: blocks that do not fill the length, a student that is of another shape already, or one
            that cannot be opened.
    """
    try:
        from limbeck.networks import ways
        from limbeck.networks.masked import Masked
        from limbeck.networks.opening import load, open_tokenizer
        from limbeck.networks.template import check_template
        from limbeck.networks.tokenizers import save_tokenizer
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "students/masked_diffusion") from error

    precheck({"length": length, "block": block})
    model, tokenizer = load(student), open_tokenizer(student)
    settings: dict[str, Any] = {"length": length, "block": block, "reveal": reveal, "prompt": hidden}
    end = check_template(tokenizer).close_id
    grown = ways.grow(model, Masked(width=model.config.hidden_size, end=end, **settings))
    plain, added = ways.plain_state(grown)
    partial, folder = ctx.dir / ".model", ctx.dir / "model"
    for each in (partial, folder):
        shutil.rmtree(each, ignore_errors=True)
    model.save_pretrained(partial, state_dict=plain)
    ways.keep(grown, added, partial)
    save_tokenizer(tokenizer, partial)
    partial.rename(folder)
    ctx.log(f"answers of {length} tokens in blocks of {block}, {-(-block // reveal)} steps each")
    return Checkpoint(str(folder))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: blocks must fill the answer."""
    length, block = given.get("length", 64), given.get("block", 16)
    if length % block:
        raise LimbeckError(f"students/masked_diffusion: block={block} does not divide length={length}")
