"""A codebook for the chunks of thoughts, learned from traces."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from limbeck.errors import LimbeckError, missing_extra
from limbeck.pipeline.context import Context
from limbeck.records import Trace
from limbeck.types import Checkpoint, Count, Part, Positive, Settings, Shards, Weight

if TYPE_CHECKING:
    import numpy as np

    from limbeck.networks.chunk_codes import ChunkCodes

    Thoughts = list[tuple[np.ndarray, np.ndarray]]


class Codebook(Settings, frozen=True):
    """How thoughts are coded.

    Args:
        chunk: tokens that a code stands for.
        codes: how many there are.
        width: of the autoencoder, a multiple of 4.
        commitment: weight of the squared distance of what was read to its code.
    """

    chunk: Count = 16
    codes: Count = 64
    width: Count = 64
    commitment: Weight = 0.25


def chunk_codes(
    data: Shards,
    *,
    student: Checkpoint,
    book: Codebook = Codebook(),
    steps: Count = 500,
    batch: Count = 64,
    lr: Positive = 1e-3,
    seed: int = 0,
    ctx: Context,
) -> Part:
    """Learn codes for chunks of thoughts: a small autoencoder with a codebook restores the tokens from
    them.

    Token Assorted, stage 1 (arXiv 2502.03275, section 3.1), with chunks of 16 tokens and 64 to 1,024 codes
    in the paper. The loss is the cross-entropy of the tokens, given prompt and codes, and ``commitment``
    times the squared distance of what was read to its code; codes follow as moving means. The notes say
    how even the codes are used (perplexity) and how many tokens they restore.

    Args:
        student: whose tokenizer cuts the texts; its weights are not read.

    Returns:
        ``ctx.dir/part``, for `students/coded` and `rollouts/assorted`.

    Raises:
        LimbeckError: no kept trace has a thought of a whole chunk, or a width that 4 does not divide.
    """
    if book.width % 4:
        raise LimbeckError(f"teachers/chunk_codes: width={book.width} must be a multiple of 4")
    try:
        import torch

        from limbeck.networks.chunk_codes import ChunkCodes
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "teachers/chunk_codes") from error
    thoughts, vocab = _thoughts(data, student, book.chunk)
    longest = max(max(map(len, pair)) for pair in thoughts)
    torch.manual_seed(seed)
    made = ChunkCodes(vocab=vocab, size=book.chunk, codes=book.codes, width=book.width, longest=longest)
    _learn(made, thoughts, steps, batch, lr, book.commitment, seed, ctx)
    folder = ctx.dir / "part"
    made.save(folder)
    return Part(str(folder))


def _thoughts(data: Shards, student: str, chunk: int) -> tuple[Thoughts, int]:
    """Prompts and thoughts of all kept traces as token ids, and the size of the vocabulary."""
    from limbeck.networks.batch import Row
    from limbeck.networks.chunk_codes import thought_tokens
    from limbeck.networks.rows import ChatTokenizer

    reader = ChatTokenizer.open(student).read_by(student)
    told: Thoughts = []
    for shard in data:
        kept = {trace.id: trace for trace in shard.kept()}
        for name, row in reader.rows(shard, kept.values()).items():
            if isinstance(row, Row):
                count = thought_tokens(reader.tokenizer, row, partial(_answer, kept[name]))
                pair = row.ids[: row.start], row.ids[row.start : row.start + count]
                told += [pair] if count >= chunk else []
    if not told:
        raise LimbeckError(f"teachers/chunk_codes: no trace without a mark has a thought of {chunk} tokens")
    return told, len(reader.tokenizer)


def _answer(trace: Trace, text: str) -> str:
    """The answer that is known, whatever a text says."""
    return trace.answer


def _learn(
    made: ChunkCodes,
    thoughts: Thoughts,
    steps: int,
    batch: int,
    lr: float,
    commitment: float,
    seed: int,
    ctx: Context,
) -> None:
    """Train, and note how well it went."""
    import numpy as np
    import torch

    from limbeck.networks.chunk_codes import Chunked, perplexity

    optimizer = torch.optim.Adam(made.parameters(), lr=lr)
    rng = np.random.default_rng(seed)
    made.train()
    with ctx.progress(steps) as bar:
        for _ in range(steps):
            drawn = rng.choice(len(thoughts), min(batch, len(thoughts)), replace=False)
            loss, _, _ = made(Chunked.of([thoughts[place] for place in drawn], made.size), commitment)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            bar.advance(note=f"loss {loss.item():.4f}")
    made.eval()
    counts, restored = np.zeros(len(made.book_VD), int), list[float]()
    with torch.no_grad():
        for first in range(0, len(thoughts), 256):
            rows = Chunked.of(thoughts[first : first + 256], made.size)
            _, code_BC, right = made(rows, commitment)
            counts += np.bincount(code_BC[rows.has_BC].numpy(), minlength=len(counts))
            restored.append(right.item() * len(rows.has_BC))
    ctx.log(
        f"codes: perplexity {perplexity(counts.tolist()):.1f} of {len(counts)}, {(counts > 0).sum()} in use; "
        f"{sum(restored) / len(thoughts):.1%} of the chunks' tokens are restored"
    )
