"""The student writes and the teacher replaces what it finds unlikely: speculative knowledge distillation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from limbeck.rollouts.ops import prompts, written_items

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Item, Row
    from limbeck.training.rollout_context import Continuation, RolloutContext


VERSION = 3
ASKS = ("teacher",)
"""Networks it asks, with the student's tokens."""


def speculative(
    drawn: list[Item],
    context: RolloutContext,
    *,
    top_k: int = 25,
    draft: int = 8,
    temperature: float = 1.0,
    teacher_temperature: float = 1.0,
    max_tokens: int = 256,
    format: str = "plain",
) -> list[Item]:
    """Interleaved sampling: a student's token outside the teacher's ``top_k`` is replaced by one of the
    teacher's own.

    SKD, arXiv 2410.11325, algorithm 1. The student drafts, the teacher reads the draft in one pass, which is
    cut at the first token it refuses. ``top_k`` of the whole vocabulary is on policy, 1 leaves tokens of the
    teacher alone. The share of tokens that pass is in the curve as ``accepted``.

    Args:
        top_k: the paper's K.
        draft: tokens the student writes before the teacher looks.
    """
    done: list[Continuation | None] = [None] * len(drawn)
    so_far: list[list[int]] = [[] for _ in drawn]
    asked = prompts(drawn)
    accepted = proposed = 0
    while open_rows := [index for index, each in enumerate(done) if each is None]:
        room = max(1, min(draft, max_tokens - max(len(so_far[index]) for index in open_rows)))
        drafts = context.write([asked[i] + so_far[i] for i in open_rows], 1, temperature, 1.0, room)
        rows = []
        for index, (sample,) in zip(open_rows, drafts, strict=True):
            rows.append(_row(drawn[index], asked[index] + so_far[index], sample.ids))
        refused = context.ask(
            "teacher", rows, lambda logits, target: _refused(logits, target, top_k), np.bool_
        )
        instead = context.ask(
            "teacher", rows, lambda logits, _: _sample(logits, teacher_temperature), np.int64
        )
        for index, (sample,), out, token in zip(open_rows, drafts, refused, instead, strict=True):
            first = int(out.argmax()) if out.any() else len(sample.ids)
            accepted += first
            proposed += min(first + 1, len(sample.ids))
            so_far[index] += sample.ids[:first]
            ended = sample.ended and first == len(sample.ids)
            if first < len(sample.ids):
                so_far[index].append(int(token[first]))
                ended = so_far[index][-1] in context.ends
            if ended or len(so_far[index]) >= max_tokens:
                done[index] = _finished(so_far[index][:max_tokens], ended)
    context.shown["accepted"] = accepted / max(1, proposed)
    return written_items(drawn, [[each] for each in done if each is not None], context, format)


def _row(item: Item, prompt: list[int], ids: list[int]) -> Row:
    return replace(item.rows[0], ids=np.array(prompt + ids, dtype=np.int32), start=len(prompt), columns={})


def _finished(ids: list[int], ended: bool) -> Continuation:
    from limbeck.training.rollout_context import Continuation

    # Two policies have written this, so no one's log-probability is its sampling probability.
    return Continuation(ids, [float("nan")] * len(ids), ended)


def _refused(logits_CV: Tensor, target_C: Tensor, top_k: int) -> Tensor:
    """Whether a token is not among the ``top_k`` likeliest."""
    taken_C = logits_CV.gather(-1, target_C[:, None])
    return (logits_CV > taken_C).sum(-1) >= top_k


def _sample(logits_CV: Tensor, temperature: float) -> Tensor:
    if temperature == 0:
        return logits_CV.argmax(-1)
    return (logits_CV / temperature).softmax(-1).multinomial(1)[:, 0]
