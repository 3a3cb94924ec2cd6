"""Verifiers that ask a model: questions wait until an answer is needed, then go to the model all at once."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from itertools import islice
from math import nan
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from msgspec import Struct

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.records import Verdict


class Ask(Struct):
    """A question to a model and what to make of its ``sampling.n`` completions: a verdict, or another
    question."""

    messages: Messages
    sampling: Sampling
    then: Callable[[list[Completion]], Next]


class Score(Struct):
    """Texts behind prompts, and what to make of their log-probabilities in nats; None where the model cannot
    score."""

    prompts: list[Messages]
    texts: list[str]
    then: Callable[[list[float] | None], Next]


Next = Verdict | Ask | Score


class Asked(Future[Verdict]):
    """A verdict that waits for a model. Who first wants its result has everything asked that waits by
    then."""

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


Waiting = list[tuple[Ask | Score, Asked]]
_waiting: WeakKeyDictionary[Model, Waiting] = WeakKeyDictionary()
_answering: WeakSet[Model] = WeakSet()
"""Models that have answered at least one request."""
_lock = threading.RLock()


def ask(model: Model, question: Ask | Score) -> Asked:
    """Put a question to a model; it is sent when the first of the waiting verdicts is wanted.

    `limbeck.verifiers.ops.judge` lets a window of traces wait, so a model sees thousands of questions in one
    call. The future raises what the model raised, and `LimbeckError` while not one request to the model has
    succeeded; what ``then`` raises costs that one verdict.
    """
    asked = Asked(model)
    with _lock:
        _waiting.setdefault(model, []).append((question, asked))
    return asked


def _flush(model: Model) -> None:
    """Ask everything that waits for a model, questions with the same settings together."""
    with _lock:
        waiting, _waiting[model] = _waiting.get(model, []), []
        groups: dict[Sampling | None, Waiting] = defaultdict(list)
        for question, asked in waiting:
            groups[question.sampling if isinstance(question, Ask) else None].append((question, asked))
        for sampling, group in groups.items():
            _answer(model, sampling, group)


def _answer(model: Model, sampling: Sampling | None, group: Waiting) -> None:
    questions = [question for question, _ in group]
    try:
        if sampling is None:
            replies = _scored(model, [each for each in questions if isinstance(each, Score)])
        else:
            replies = model.generate([each.messages for each in questions if isinstance(each, Ask)], sampling)
            _look_alive(model, [completion for reply in replies for completion in reply])
    except Exception as error:  # everybody who waited learns of it
        for _, asked in group:
            asked.set_exception(error)
        return
    for (question, asked), reply in zip(group, replies, strict=True):
        try:
            following = question.then(reply)
        except Exception as error:  # one odd reply costs one verdict
            asked.set_exception(error)
            continue
        if isinstance(following, Verdict):
            asked.set_result(following)
        else:
            _waiting[model].append((following, asked))


def _look_alive(model: Model, completions: list[Completion]) -> None:
    failed = [each.error or "no reason given" for each in completions if each.finish == "error"]
    if len(failed) < len(completions):
        _answering.add(model)
    elif failed and model not in _answering:
        raise LimbeckError(f"all {len(failed):,} requests to {model.name} failed; the first: {failed[0]}")


def _scored(model: Model, questions: list[Score]) -> list[Any]:
    """Each question's log-probabilities, all texts in one call."""
    prompts = [prompt for question in questions for prompt in question.prompts]
    try:
        scored = model.score(prompts, [text for question in questions for text in question.texts])
    except LimbeckError:
        # An endpoint cannot score given text; what to do without is its asker's to say.
        return [None] * len(questions)
    logps = iter(sum(each) if each else nan for each in scored)
    return [list(islice(logps, len(question.texts))) for question in questions]
