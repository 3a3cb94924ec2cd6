"""Slow checks in worker processes that can be killed."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from limbeck.processes import cores
from limbeck.sandbox import fence

_TASKS_PER_WORKER = 2000
_MEMORY = 2 << 30
_PATIENCE = 10
_lock = threading.Lock()
_pool: Any = None
_here = False


def in_worker(function: Callable[..., Any], *args: Any, timeout: float) -> Future[Any]:
    """Call a module-level function in a worker process that is killed after ``timeout`` seconds of running.

    These are seconds of the processor, so that a verdict does not depend on what else the machine does; a
    worker that waits, or whose system counts none, is killed after `_PATIENCE` times as many by the clock.
    Works from any thread. Workers start with the first call and are replaced now and then. The future raises
    ``TimeoutError`` when the worker was killed, and what the function raised otherwise.
    """
    if _here:
        return _done(function, *args)
    wall = timeout * (_PATIENCE if hasattr(signal, "setitimer") else 1)
    promise: Future[Any] = Future()
    made = _workers().schedule(_limited, args=(timeout, function, *args), timeout=wall)
    made.add_done_callback(lambda done: _hand_on(done, promise))
    return promise


@contextmanager
def in_place() -> Iterator[None]:
    """Call what `in_worker` is given in this process and without a limit, for a debugger or a recorder.

    Only for calls that came to their end in a worker before.
    """
    global _here
    before, _here = _here, True
    try:
        yield
    finally:
        _here = before


def _done(function: Callable[..., Any], *args: Any) -> Future[Any]:
    promise: Future[Any] = Future()
    try:
        promise.set_result(function(*args))
    except Exception as error:
        promise.set_exception(error)
    return promise


def _limited(timeout: float, function: Callable[..., Any], *args: Any) -> Any:
    """Call a function in this process, which the system ends after so many seconds of the processor."""
    if not hasattr(signal, "setitimer"):
        return function(*args)
    signal.setitimer(signal.ITIMER_PROF, timeout)
    try:
        return function(*args)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _hand_on(done: Future[Any], promise: Future[Any]) -> None:
    if done.cancelled():
        promise.cancel()
        return
    error = done.exception()
    if error is None:
        promise.set_result(done.result())
    elif getattr(error, "exitcode", 0) == -getattr(signal, "SIGPROF", 0) != 0:
        promise.set_exception(TimeoutError(*error.args))
    else:
        promise.set_exception(error)


def _workers() -> Any:
    global _pool
    with _lock:
        if _pool is None or not _pool.active:
            import multiprocessing
            import multiprocessing.util

            from pebble import ProcessPool

            # Forked workers need no second import of the caller's main script, which may lack a __main__
            # guard.
            context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
            workers = min(8, cores())
            _pool = ProcessPool(workers, _TASKS_PER_WORKER, initializer=_confine, context=context)
            # A process that multiprocessing started skips atexit and waits for its children: they must go
            # before.
            multiprocessing.util.Finalize(None, shut, exitpriority=100)
        return _pool


def _confine() -> None:
    """Let a worker grow by 2 GiB beyond what it was born with, so that a runaway expansion fails by itself;
    fence it.

    What it computes on was written by a model. Should an engine (SQL, algebra, logic) be led astray, nothing
    is written, sent or started. It is a second wall: none of them evaluates text as Python, and where a
    kernel has no such fence what each engine itself refuses holds alone.
    """
    if sys.platform == "linux":
        import resource

        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[0])
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        limit = pages * resource.getpagesize() + _MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))
        fence()


def _forget() -> None:
    """A forked child has no use for its parent's workers."""
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


def shut() -> None:
    """Stop the workers, whatever they are doing. The next call starts new ones."""
    global _pool
    with _lock:
        if _pool is not None:
            _pool.stop()
            _pool.join()
            _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
atexit.register(shut)
