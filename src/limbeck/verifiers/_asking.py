"""Verifiers that ask a model: questions wait until an answer is needed, then go to the model all at once."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from weakref import WeakKeyDictionary

from msgspec import Struct

from limbeck.models.base import Completion, Messages, Model, Sampling
from limbeck.records import Verdict


class Ask(Struct):
    """A question to a model and what to make of its ``sampling.n`` completions: a verdict, or another question."""

    messages: Messages
    sampling: Sampling
    then: Callable[[list[Completion]], Verdict | Ask]


class Asked(Future[Verdict]):
    """A verdict that waits for a model. Who first wants its result has everything asked that waits by then."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def result(self, timeout: float | None = None) -> Verdict:
        """The verdict, after as many rounds of questions as it takes."""
        while not self.done():
            _flush(self.model)
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What went wrong, if anything did."""
        while not self.done():
            _flush(self.model)
        return super().exception(timeout)


_waiting: WeakKeyDictionary[Model, list[tuple[Ask, Asked]]] = WeakKeyDictionary()
_lock = threading.RLock()


def ask(model: Model, question: Ask) -> Asked:
    """Put a question to a model; it is sent when the first of the waiting verdicts is wanted.

    `limbeck.verifiers.ops.judge` lets a window of traces wait, so a model sees thousands of questions in one call. The
    future raises what the model raised; what ``then`` raises costs that one verdict.
    """
    asked = Asked(model)
    with _lock:
        _waiting.setdefault(model, []).append((question, asked))
    return asked


def _flush(model: Model) -> None:
    """Ask everything that waits for a model, questions with the same settings together."""
    with _lock:
        waiting, _waiting[model] = _waiting.get(model, []), []
        groups: dict[Sampling, list[tuple[Ask, Asked]]] = defaultdict(list)
        for question, asked in waiting:
            groups[question.sampling].append((question, asked))
        for sampling, group in groups.items():
            _answer(model, sampling, group)


def _answer(model: Model, sampling: Sampling, group: list[tuple[Ask, Asked]]) -> None:
    try:
        replies = model.generate([question.messages for question, _ in group], sampling)
    except Exception as error:  # everybody who waited learns of it
        for _, asked in group:
            asked.set_exception(error)
        return
    for (question, asked), completions in zip(group, replies, strict=True):
        try:
            found = question.then(completions)
        except Exception as error:  # one odd reply costs one verdict
            asked.set_exception(error)
            continue
        if isinstance(found, Ask):
            _waiting[model].append((found, asked))
        else:
            asked.set_result(found)
