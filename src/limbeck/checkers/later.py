"""Verdicts of what a worker process finds out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from limbeck.records import Outcome, Verdict


def verdict(name: str, outcome: str, extracted: str | None, reason: str) -> Verdict:
    """A verdict whose outcome came as text from a worker."""
    known: Outcome = outcome  # type: ignore[assignment]
    return Verdict(name, known, extracted, reason)


def later(
    decided: Future[tuple[Any, Any]], judged: Callable[[Any, Any], Verdict], killed: Verdict
) -> Future[Verdict]:
    """``judged(*result)`` as soon as there is a result; ``killed`` where the worker had to be killed.

    What the worker raised, or that it died, is raised from the future: `limbeck.verifiers.ops.judge` says so.
    """
    promised: Future[Verdict] = Future()

    def settle(done: Future[Any]) -> None:
        try:
            promised.set_result(judged(*done.result()))
        except TimeoutError:
            promised.set_result(killed)
        except BaseException as error:
            promised.set_exception(error)

    decided.add_done_callback(settle)
    return promised
