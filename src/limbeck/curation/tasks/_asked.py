"""What methods share that ask a model once for each record."""

from __future__ import annotations

from collections.abc import Sequence

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.context import Context


def replies(
    model: Model, chats: Sequence[Messages], sampling: Sampling, ctx: Context
) -> list[tuple[int, int, Completion]]:
    """``(chat, sample, reply)`` in their order, whatever the order in which they came.

    Raises:
        LimbeckError: every request failed.
    """
    heard: dict[tuple[int, int], Completion] = {}
    with ctx.progress(len(chats) * sampling.n) as bar:
        for index, number, reply in model.stream(chats, sampling):
            heard[index, number] = reply
            bar.advance()
    failed = [reply.error for reply in heard.values() if reply.finish == "error"]
    if failed and len(failed) == len(heard):
        raise LimbeckError(
            f"all {len(failed):,} requests failed; the first: {failed[0] or 'no reason given'}"
        )
    return [(index, number, heard[index, number]) for index, number in sorted(heard)]


def unread(reply: Completion, malformed: str = "malformed") -> str:
    """The mark of a reply that is not in the form asked for."""
    return {"length": "truncated", "error": "error"}.get(reply.finish, malformed)
