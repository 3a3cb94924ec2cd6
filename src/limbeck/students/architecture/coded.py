"""A student with tokens for the codes of thoughts."""

from __future__ import annotations

import shutil

from limbeck.errors import missing_extra
from limbeck.pipeline.context import Context
from limbeck.types import Checkpoint, Part


def coded(*, student: Checkpoint, codes: Part, seed: int = 0, ctx: Context) -> Checkpoint:
    """Give a model a token for each code of `teachers/chunk_codes`, and two that open and close a run of
    them.

    Token Assorted, stage 3 (arXiv 2502.03275, section 3.2): the codes are words as any others, read,
    written and sampled as such (`rollouts/assorted` teaches them). Embeddings begin as the mean of all
    others, moved a little.

    Args:
        student: a model's folder, or the stage that made it.

    Returns:
        ``ctx.dir/model``.

    Raises:
        LimbeckError: the model cannot be opened, or has such tokens already.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "students/coded") from error
    from limbeck.networks.chunk_codes import CLOSE, OPEN, ChunkCodes, word
    from limbeck.networks.opening import load, open_tokenizer
    from limbeck.networks.tokenizers import save_tokenizer
    from limbeck.networks.vocabularies import with_tokens

    count = len(ChunkCodes.open(codes).book_VD)
    tokenizer = open_tokenizer(str(student))
    torch.manual_seed(seed)
    model = with_tokens(load(str(student)), tokenizer, [OPEN, CLOSE, *map(word, range(count))])
    partial, folder = ctx.dir / ".model", ctx.dir / "model"
    for each in (partial, folder):
        shutil.rmtree(each, ignore_errors=True)
    model.save_pretrained(partial)
    save_tokenizer(tokenizer, partial)
    partial.rename(folder)
    return Checkpoint(str(folder))
