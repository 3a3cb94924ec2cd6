"""Work of several processes in order, and a process's share of this machine's cores."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from limbeck import stopping
from limbeck.errors import LimbeckError

Made = TypeVar("Made")
_among = 1


def cores() -> int:
    """Cores that this process may keep busy: all that it may run on, or its share beside its siblings."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, usable // _among)


def limit_threads(threads: int) -> None:
    """Keep numeric libraries to ``threads`` threads; must come before they are imported."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)


def alone() -> None:
    """This process is one of many on this machine: it keeps one core busy."""
    global _among
    _among = 1 << 30


def in_order(
    function: Callable[..., Made],
    calls: Iterable[tuple[Any, ...]],
    workers: int,
    begin: Callable[..., None] | None = None,
    given: tuple[Any, ...] = (),
) -> Generator[Made]:
    """What a function makes of each call's arguments, in processes, in the calls' order.

    Calls are taken no further ahead than keeps the processes busy, so that memory stays bounded.

    Args:
        begin: is called with ``given`` once in every process.

    Raises:
        LimbeckError: a process was killed.
    """
    # As in `limbeck.checkers.workers`: forked, they need no import of their own, nor one of the caller's main
    # script. No thread of ours that computes is there yet.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(workers, begin, given))
    waiting: deque[Future[Made]] = deque()
    try:
        for call in calls:
            waiting.append(pool.submit(function, *call))
            if len(waiting) > workers + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise LimbeckError("a worker process was killed, perhaps for want of memory") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(workers: int, begin: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    """To be stopped is the parent's to answer; without a parent there is nobody to work for."""
    global _among
    _among = workers
    stopping.leave_to_the_run()
    threading.Thread(target=_follow, daemon=True).start()
    if begin:
        begin(*given)


def _follow() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
