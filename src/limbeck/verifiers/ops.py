"""Runs a verifier over many traces, and slow checks in worker processes that can be killed."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

from msgspec.structs import replace

from limbeck.errors import LimbeckError, Unavailable
from limbeck.pipeline.context import Progress
from limbeck.records import Problem, Trace, Verdict
from limbeck.sandbox import fence
from limbeck.types import Verifier

Item = TypeVar("Item")
_TASKS_PER_WORKER = 2000
_MEMORY = 2 << 30
_lock = threading.Lock()
_pool: Any = None


def verify(
    verifier: Verifier,
    problem_by_id: dict[str, Problem],
    traces: Iterable[Trace],
    *,
    progress: Progress | None = None,
    window: int = 2000,
) -> Iterator[Trace]:
    """Each trace with one more verdict, in order.

    At most ``window`` traces wait for slow checks at a time, so that memory stays bounded. No trace stops the run: a
    verifier that stumbles over it or lacks what it needs on this machine, or a trace whose problem is missing, gives
    the outcome ``unknown`` with the reason. A trace
    cut off at the token limit (``finish="length"``) is looked at too, but is ``unparsed`` for the reason ``truncated``
    unless it is correct: what was never finished is not wrong. A verdict's score, where it has one, is written to
    ``trace.scores`` under the verifier's name too.

    Args:
        verifier: bound method of `limbeck.verifiers`, or any function of that signature.
        problem_by_id: problems the traces belong to.
        traces: read one by one; not changed, copies are returned.
        progress: advanced by one per trace.

    Raises:
        LimbeckError: from the verifier: settings that fit no trace, or a model that cannot be reached.
    """
    items = ((trace, problem_by_id.get(trace.problem_id), trace) for trace in traces)
    errors = 0
    for trace, verdict in judge(verifier, items, window):
        if trace.finish == "length" and verdict.outcome != "correct":
            verdict = replace(verdict, outcome="unparsed", reason="truncated")
        errors += verdict.outcome == "unknown"
        if progress:
            progress.advance(1, f"{errors:,} unknown" if errors else "")
        scores = trace.scores if verdict.score is None else {**trace.scores, verdict.verifier: verdict.score}
        yield replace(trace, verdicts=[*trace.verdicts, verdict], scores=scores)


def judge(
    verifier: Verifier, items: Iterable[tuple[Item, Problem | Verdict | None, Trace]], window: int = 2000
) -> Iterator[tuple[Item, Verdict]]:
    """``(item, verdict)`` for every ``(item, problem, trace)``, in order, with at most ``window`` unfinished at a time.

    Where a verdict stands in the problem's place the matter is settled already; ``None`` is a problem nobody has.
    """
    name = str(getattr(verifier, "name", None) or getattr(verifier, "__name__", type(verifier).__name__))
    waiting: deque[tuple[Item, Verdict | Future[Verdict]]] = deque()
    for item, problem, trace in items:
        verdict = _ask(verifier, name, problem, trace)
        if not waiting and isinstance(verdict, Verdict):
            yield item, verdict
            continue
        waiting.append((item, verdict))
        while waiting and (len(waiting) >= window or _ready(waiting[0][1])):
            first, answer = waiting.popleft()
            yield first, _settled(answer, name)
    for item, answer in waiting:
        yield item, _settled(answer, name)


def _ask(verifier: Verifier, name: str, problem: Problem | Verdict | None, trace: Trace) -> Verdict | Future[Verdict]:
    if isinstance(problem, Verdict):
        return problem
    if problem is None:
        return Verdict(name, "unknown", reason=f"no problem with id {trace.problem_id!r}")
    try:
        return verifier(problem, trace)
    except Exception as error:  # any verifier, a user's too, may stumble over one trace
        return _failed(name, error)


def _ready(verdict: Verdict | Future[Verdict]) -> bool:
    return isinstance(verdict, Verdict) or verdict.done()


def _settled(verdict: Verdict | Future[Verdict], name: str) -> Verdict:
    if isinstance(verdict, Verdict):
        return verdict
    try:
        return verdict.result()
    except TimeoutError as error:
        return Verdict(name, "timeout", reason=str(error) or "time limit")
    except Exception as error:
        return _failed(name, error)


def _failed(name: str, error: BaseException) -> Verdict:
    if isinstance(error, LimbeckError) and not isinstance(error, Unavailable):
        raise error  # wrong for every trace: no verdicts are better than ones that say nothing
    return Verdict(name, "unknown", reason=f"{type(error).__name__}: {error}"[:300])


def in_worker(function: Callable[..., Any], *args: Any, timeout: float) -> Future[Any]:
    """Call a module-level function in a worker process that is killed after ``timeout`` seconds of running.

    Works from any thread. Workers start with the first call and are replaced now and then. The future raises
    ``TimeoutError`` when the worker was killed, and what the function raised otherwise.
    """
    return _workers().schedule(function, args=args, timeout=timeout)


def _workers() -> Any:
    global _pool
    with _lock:
        if _pool is None or not _pool.active:
            import multiprocessing
            import multiprocessing.util

            from pebble import ProcessPool

            # Forked workers need no second import of the caller's main script, which may lack a __main__ guard.
            context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
            workers = max(1, min(8, os.cpu_count() or 1))
            _pool = ProcessPool(workers, _TASKS_PER_WORKER, initializer=_confine, context=context)
            # A process that multiprocessing started skips atexit and waits for its children: they must go before.
            multiprocessing.util.Finalize(None, shut, exitpriority=100)
        return _pool


def _confine() -> None:
    """Let a worker grow by 2 GiB beyond what it was born with, so that a runaway expansion fails by itself; fence it.

    What it computes on was written by a model. Should an engine (SQL, algebra, logic) be led astray, nothing is
    written, sent or started. It is a second wall: none of them evaluates text as Python, and where a kernel has no such
    fence what each engine itself refuses holds alone.
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
