"""Ctrl-C in two steps, for work that is paid for: the first asks nothing more and waits for what is under
way, the second cuts it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
MESSAGE = "stopping: waiting for the replies under way; Ctrl-C again cuts them off"


@dataclass
class _State:
    """What this process knows of being stopped.

    ``streams`` are told when it is; ``usual`` are the handlers that they stand before.
    """

    streams: list[Callable[[], None]] = field(default_factory=list)
    usual: dict[int, Any] = field(default_factory=dict)
    stopping: bool = False
    working: bool = False


_state = _State()


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


announce: Callable[[str], None] = _tell
"""Says that a run is stopping."""


@contextmanager
def announced_by(say: Callable[[str], None]) -> Iterator[None]:
    """While a stage runs, standard error is its log: a run has it said on its screen."""
    global announce
    before, announce = announce, say
    try:
        yield
    finally:
        announce = before


def _heard(number: int, frame: Any) -> None:
    if _state.stopping or not _state.streams:
        raise KeyboardInterrupt
    _state.stopping = True
    for tell in list(_state.streams):
        tell()
    announce(MESSAGE)


@contextmanager
def heard(tell: Callable[[], None]) -> Iterator[None]:
    """While inside, the first interrupt calls ``tell`` and raises nothing. Whoever is told lets what is under
    way come in and then raises `KeyboardInterrupt`. Only the main thread hears of interrupts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if not _state.streams:
        for number in SIGNALS:
            if signal.getsignal(number) is signal.default_int_handler:
                _state.usual[number] = signal.signal(number, _heard)
    _state.streams.append(tell)
    try:
        yield
    finally:
        _state.streams.remove(tell)
        if not _state.streams:
            _state.stopping = False
            for each, handler in _state.usual.items():
                signal.signal(each, handler)
            _state.usual.clear()


def as_worker() -> None:
    """This process works for a run: what goes to all processes (a terminal's Ctrl-C, a scheduler's SIGTERM)
    is left to the run's own, which tells this one by SIGUSR1. Heard twice, it would cut off what is under
    way."""
    global announce
    announce = _silent
    leave_to_the_run()
    signal.signal(signal.SIGUSR1, _told)


def tell(worker: int) -> None:
    """Have a worker stop, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(worker, signal.SIGUSR1)


@contextmanager
def working() -> Iterator[None]:
    """While inside, a worker that is told to stop does; outside it waits for its next task."""
    _state.working = True
    try:
        yield
    finally:
        _state.working = False


def as_manager(parent: int) -> None:
    """This process holds a run's queue, over which the run hears what its workers still make."""
    leave_to_the_run()
    end_with(parent)


def leave_to_the_run() -> None:
    """Ignore what ends a run, by a handler: programs that this process starts hear of it as usual."""
    for number in SIGNALS:
        signal.signal(number, _ignored)


def end_with(parent: int) -> None:
    """End this process when the run that started it is gone: nobody waits for what it makes, or pays gladly
    for it."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        if signal.getsignal(signal.SIGUSR1) is _told:
            os.kill(os.getpid(), signal.SIGUSR1)  # in order if it can
        time.sleep(5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _silent(text: str) -> None:
    return None


def _ignored(number: int, frame: Any) -> None:
    return None


def _told(number: int, frame: Any) -> None:
    if _state.working:
        _heard(number, frame)
