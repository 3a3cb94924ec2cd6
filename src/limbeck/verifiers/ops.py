"""Runs a verifier over many traces."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from msgspec.structs import replace

from limbeck.errors import LimbeckError, Unavailable
from limbeck.pipeline.context import Progress
from limbeck.records import Problem, Trace, Verdict
from limbeck.types import Verifier

Item = TypeVar("Item")


def verify(
    verifier: Verifier,
    problem_by_id: dict[str, Problem],
    traces: Iterable[Trace],
    *,
    progress: Progress | None = None,
    window: int = 2000,
) -> Iterator[Trace]:
    """Each trace with one more verdict, in order.

    At most ``window`` traces wait for slow checks at a time, so that memory stays bounded. No trace stops the
    run: a verifier that stumbles over it or lacks what it needs on this machine, or a trace whose problem is
    missing, gives the outcome ``unknown`` with the reason. A trace cut off at the token limit
    (``finish="length"``) is looked at too, but is ``unparsed`` for the reason ``truncated`` unless it is
    correct: what was never finished is not wrong. A verdict's score, where it has one, is written to
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
    """``(item, verdict)`` for every ``(item, problem, trace)``, in order, with at most ``window`` unfinished
    at a time.

    Where a verdict stands in the problem's place the matter is settled already; ``None`` is a problem nobody
    has.
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


def _ask(
    verifier: Verifier, name: str, problem: Problem | Verdict | None, trace: Trace
) -> Verdict | Future[Verdict]:
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
