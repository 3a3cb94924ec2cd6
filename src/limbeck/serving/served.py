"""The model that is served, and how requests ask it: each in a thread of its own, until its client leaves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model
from limbeck.models.shared import CALLER, Caller, Shared
from limbeck.serving.asking import Asked, Refused
from limbeck.serving.echoing import echoes

AT_ONCE = 256
"""Requests that ask the model at the same time; others wait for their turn."""


@dataclass
class Served:
    """A model and how it is served.

    ``gives`` are its capabilities, ``key`` what a client has to know (empty: nothing), ``upstream`` says that
    it asks another server, so that its troubles are not the client's. ``busy`` counts requests under way.
    """

    name: str
    model: Model
    gives: set[str]
    key: str = ""
    upstream: bool = False
    busy: int = 0
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @property
    def shared(self) -> Shared | None:
        """The model where it is a network of this process itself, which knows tokens."""
        return self.model if isinstance(self.model, Shared) else None


Event = tuple[int, str | Completion]
"""A choice's index with its text so far, at its end with the whole completion."""

Told = Callable[[int, str | Completion], None]
"""Hears of events."""


async def completions(served: Served, asked: Asked, told: Told | None) -> list[Completion]:
    """All completions of a request, asked for in a thread.

    Raises:
        Refused, LimbeckError: the model refuses the prompt, or fails.
    """
    caller, loop = Caller(), asyncio.get_running_loop()
    done: asyncio.Future[list[Completion]] = loop.create_future()
    # Text of which log-probabilities are wanted comes in one piece with them.
    if told is not None and served.shared is not None and not asked.sampling.logprobs:
        n = asked.sampling.n
        caller.told = lambda prompt, sample, text: told(prompt * n + sample, text)

    def work() -> None:
        CALLER.set(caller)
        try:
            hand(loop, _settle, done, _asked(served, asked, told))
        except BaseException as error:  # handed to the request, which answers it
            hand(loop, _settle, done, error)

    served.busy += 1
    try:
        async with served.room:
            # A daemon: Ctrl-C waits for requests, and the second one for nothing.
            threading.Thread(target=work, daemon=True).start()
            return await done
    finally:
        caller.left.set()
        served.busy -= 1


def _settle(done: asyncio.Future[list[Completion]], result: list[Completion] | BaseException) -> None:
    if done.done():
        return
    if isinstance(result, BaseException):
        done.set_exception(result)
    else:
        done.set_result(result)


def hand(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *arguments: Any) -> None:
    """Have the server's own thread do something; a server that is over does nothing."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call, *arguments)


def _asked(served: Served, asked: Asked, told: Told | None) -> list[Completion]:
    """Ask the model; in the request's thread."""
    n = asked.sampling.n
    if asked.chat is not None:
        stream = served.model.stream([asked.chat], asked.sampling)
    else:
        ids = [_ids(served, prompt) for prompt in asked.prompts]
        if asked.echo or not asked.sampling.max_tokens:
            assert served.shared is not None
            return echoes(served.shared, asked, ids)
        stream = served.model.continue_ids(ids, [range(n)] * len(ids), asked.sampling)
    done: dict[int, Completion] = {}
    for prompt, sample, completion in stream:
        if completion.finish == "error":
            raise Refused(completion.error or "the model failed", status=502 if served.upstream else 500)
        if asked.sampling.logprobs and completion.logprobs is None:
            raise Refused("the model tells no log-probabilities of this reply", "logprobs")
        done[prompt * n + sample] = completion
        if told is not None:
            told(prompt * n + sample, completion)
    return [done[index] for index in sorted(done)]


def _ids(served: Served, prompt: str | list[int]) -> list[int]:
    """A prompt's tokens."""
    assert served.shared is not None
    if isinstance(prompt, str):
        return served.shared.encode(prompt)
    size = served.shared.vocabulary
    if (strange := next((token for token in prompt if not 0 <= token < size), None)) is not None:
        raise Refused(f"token {strange} is none of {size:,} that the model has", "prompt")
    return prompt


def as_refused(error: BaseException, upstream: bool) -> Refused:
    """What a client is told of an error: its own mistake, or ours, or that of a server behind this one."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, LimbeckError):
        return Refused(str(error), status=502 if upstream else 400)
    return Refused(f"{type(error).__name__}: {error}", status=500)
