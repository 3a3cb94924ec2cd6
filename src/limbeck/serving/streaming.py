"""A reply as server-sent events, a piece of text at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from limbeck.generation import Completion
from limbeck.serving.asking import Asked
from limbeck.serving.replying import Form, Json
from limbeck.serving.served import Event, as_refused


async def chunks(
    form: Form,
    asked: Asked,
    work: asyncio.Future[list[Completion]],
    event: Event,
    events: asyncio.Queue[Event],
) -> AsyncIterator[bytes]:
    """Server-sent events: each choice's text as it is written, how it ended, the count, ``[DONE]``."""
    sent: dict[int, str] = {}
    left = asked.sampling.n * (len(asked.prompts) or 1)
    try:
        while True:
            index, what = event
            text = what.text if isinstance(what, Completion) else what
            before = sent.get(index, "")
            last = what if isinstance(what, Completion) else None
            more = text[len(before) :] if text.startswith(before) else ""
            if more or last is not None:
                yield _event(form.chunk(index, more, index not in sent, last))
                sent[index] = text
            left -= last is not None
            if not left:
                break
            event = await _next(work, events)
        if asked.counted:
            yield _event(form.last_chunk(await work))
        yield b"data: [DONE]\n\n"
    except Exception as error:  # what was sent cannot be taken back: the stream tells of it and breaks off
        yield _event(as_refused(error, False).body)
    finally:
        work.cancel()


async def _next(work: asyncio.Future[list[Completion]], events: asyncio.Queue[Event]) -> Event:
    """The next event; what the work raises, once no more events come."""
    coming = asyncio.ensure_future(events.get())
    first: set[asyncio.Future[Any]] = {coming, work}
    await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    if not coming.done() and work.done() and work.exception() is not None:
        coming.cancel()
        await work
    return await coming


def _event(body: Json) -> bytes:
    return b"data: " + msgspec.json.encode(body) + b"\n\n"
