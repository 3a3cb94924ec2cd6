"""Traces whose thoughts begin in codes and go on in text, by another length each time."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from limbeck.errors import LimbeckError
from limbeck.texts.traces import split_text
from limbeck.types import CountOrNone, Part

if TYPE_CHECKING:
    from limbeck.networks.batch import Item, Row
    from limbeck.networks.chunk_codes import ChunkCodes
    from limbeck.training.rollout_context import RolloutContext

DRAWS = "traces"


def assorted(
    drawn: list[Item],
    context: RolloutContext,
    *,
    codes: Part,
    chunks: tuple[CountOrNone, ...] = (0, 1, 2, 3),
    format: str = "plain",
) -> list[Item]:
    """Put codes in place of the first chunks of each thought; how many is drawn anew whenever a trace is.

    Token Assorted (arXiv 2502.03275, section 3.2): the first ``m`` chunks, from left to right, become
    their codes between an opening and a closing token, the rest stays text. That ``m`` changes is what
    makes the new tokens learnable, the paper finds; a single number is the control. A thought with fewer
    whole chunks gives all it has.

    Args:
        codes: of `teachers/chunk_codes`; the student has tokens for them by `students/coded`.
        chunks: numbers to draw from, all alike; 0 leaves a trace as it is.
        format: what parts a thought from its answer, which is never coded.

    Raises:
        LimbeckError: no number, or a student without tokens for the codes.
    """
    if not chunks:
        raise LimbeckError("rollouts/assorted: chunks must name at least one number")
    rng, made = context.rng, []
    for item, count in zip(drawn, rng.choice(np.array(chunks), len(drawn)), strict=True):
        (row,) = item.rows
        made.append(replace(item, rows=(_assorted(row, int(count), codes, context, format),)))
    context.shown["tokens_per_row"] = float(np.mean([len(item.rows[0].ids) for item in made]))
    return made


@lru_cache(maxsize=1)
def _opened(folder: str) -> ChunkCodes:
    from limbeck.networks.chunk_codes import ChunkCodes

    return ChunkCodes.open(folder)


@lru_cache(maxsize=2**16)
def _codes(folder: str, prompt: tuple[int, ...], thought: tuple[int, ...]) -> list[int]:
    # A trace is drawn again and again, and its codes are always the same.
    return _opened(folder).codes(prompt, thought)


def _assorted(row: Row, count: int, codes: str, context: RolloutContext, format: str) -> Row:
    from limbeck.networks.chunk_codes import CLOSE, OPEN, thought_tokens, word

    tokenizer = context.chat_tokenizer.tokenizer

    def answer_of(text: str) -> str:
        return split_text(text, format)[1]

    thought = row.ids[row.start : row.start + thought_tokens(tokenizer, row, answer_of)]
    if not count or not len(thought):
        return row
    size = _opened(codes).size
    count = min(count, len(thought) // size)
    if not count:
        return row
    told = _codes(codes, tuple(row.ids[: row.start].tolist()), tuple(thought.tolist()))[:count]
    words = [OPEN, *map(word, told), CLOSE]
    ids = tokenizer.convert_tokens_to_ids(words)
    if lost := [name for name, at in zip(words, ids, strict=True) if at in (None, tokenizer.unk_token_id)]:
        raise LimbeckError(f"rollouts/assorted: the student has no token {lost[0]!r}; see students/coded")
    rest = count * size
    columns = {}
    for name, values in row.columns.items():
        # What stands in for some tokens weighs what the first of them does.
        columns[name] = np.concatenate([np.repeat(values[:1], len(ids), axis=0), values[rest:]])
    told_ids = np.concatenate(
        [row.ids[: row.start], np.array(ids, row.ids.dtype), row.ids[row.start + rest :]]
    )
    return replace(row, id=f"{row.id}~{count}", ids=told_ids, columns=columns, spans=None)
