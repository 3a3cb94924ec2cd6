"""Output that nobody reads any more, as behind ``| head``, told from other broken pipes."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from contextlib import ExitStack


class Unread(Exception):
    """Whatever read our output has gone."""


def watched(work: Callable[[], None]) -> None:
    """Do what prints.

    Raises:
        Unread: nobody reads what is printed.
        BrokenPipeError: another pipe broke, to a process of ours, say.
    """
    with ExitStack() as stack:
        streams = [*_copies(stack)]
        try:
            try:
                work()
            except SystemExit as end:
                # click and rich leave with 1 for any broken pipe, and rich leaves standard output elsewhere.
                if isinstance(end.__context__, BrokenPipeError):
                    raise end.__context__ from None
                if sys.stdout:
                    sys.stdout.flush()  # at the interpreter's end it would be too late
                raise
        except BrokenPipeError:
            if not _closed(streams):
                raise
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            raise Unread from None


def _copies(stack: ExitStack) -> list[int]:
    """Standard output and error under numbers of their own; those that were closed from the start are not
    there."""
    copies = []
    for stream in (1, 2):
        try:
            copies.append(os.dup(stream))
        except OSError:
            continue
        stack.callback(os.close, copies[-1])
    return copies


def _closed(streams: list[int]) -> bool:
    look = select.poll()
    for stream in streams:
        look.register(stream, 0)
    return any(event & select.POLLERR for _, event in look.poll(0))
