"""Verdicts that a model weighs: replies read, and how likely either word is behind what was said, all in one batch."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from weakref import WeakKeyDictionary

from msgspec import Struct

from limbeck.errors import LimbeckError
from limbeck.judging import Reader, Said, fence, full_text, probability
from limbeck.models.base import Completion, Messages, Model, Sampling
from limbeck.prefixes import check_fields, fill
from limbeck.records import Problem, Trace, Verdict

Chances = list["float | None"]
"""How likely the right word is, for each reply; None where it has no place for one, or the model cannot score."""


class Weighing(Struct):
    """What to ask of one trace.

    ``sampling`` None asks for no reply: both words are weighed right behind the question. ``read`` says of each
    completion what it says and where its word stands. ``words`` are weighed there; None weighs nothing.
    """

    messages: Messages
    sampling: Sampling | None
    read: Callable[[Completion], Said]
    words: tuple[str, str] | None
    then: Callable[[list[Said], Chances], Verdict]


class Weighed(Future[Verdict]):
    """A verdict that waits for a model. Who first wants its result has everything weighed that waits by then."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def result(self, timeout: float | None = None) -> Verdict:
        """The verdict."""
        if not self.done():
            _flush(self.model)
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What went wrong, if anything did."""
        if not self.done():
            _flush(self.model)
        return super().exception(timeout)


Waiting = list[tuple[Weighing, Weighed]]
_waiting: WeakKeyDictionary[Model, Waiting] = WeakKeyDictionary()
_lock = threading.RLock()


def weigh(model: Model, weighing: Weighing) -> Weighed:
    """Put a trace before a model; it is asked when the first of the waiting verdicts is wanted."""
    weighed = Weighed(model)
    with _lock:
        _waiting.setdefault(model, []).append((weighing, weighed))
    return weighed


def _flush(model: Model) -> None:
    with _lock:
        waiting, _waiting[model] = _waiting.get(model, []), []
        groups: dict[Sampling | None, Waiting] = defaultdict(list)
        for weighing, weighed in waiting:
            groups[weighing.sampling].append((weighing, weighed))
        for sampling, group in groups.items():
            try:
                _answer(model, sampling, group)
            except Exception as error:  # everybody who waited learns of it
                for _, weighed in group:
                    if not weighed.done():
                        weighed.set_exception(error)


def _answer(model: Model, sampling: Sampling | None, group: Waiting) -> None:
    said: list[list[Said]] = [[Said(None)] for _ in group]
    if sampling is not None:
        replies = model.generate([weighing.messages for weighing, _ in group], sampling)
        said = [[weighing.read(one) for one in own] for (weighing, _), own in zip(group, replies, strict=True)]
    chances = _chances(model, group, said)
    for (weighing, weighed), own, found in zip(group, said, chances, strict=True):
        try:
            weighed.set_result(weighing.then(own, found))
        except Exception as error:  # one odd reply costs one verdict
            weighed.set_exception(error)


def _chances(model: Model, group: Waiting, said: list[list[Said]]) -> list[Chances]:
    """For every reply, the chance of the right word in the word's place."""
    found: list[Chances] = [[None] * len(own) for own in said]
    places, prompts, texts = [], [], []
    for index, ((weighing, _), own) in enumerate(zip(group, said, strict=True)):
        for number, one in enumerate(own if weighing.words else []):
            if weighing.sampling is not None and not one.before:
                continue
            behind = [{"role": "assistant", "content": one.before}] if one.before else []
            places.append((index, number))
            prompts += [[*weighing.messages, *behind]] * 2
            texts += [one.blank + word for word in weighing.words or ()]
    if not places:
        return found
    try:
        logps = [sum(each) if each else float("nan") for each in model.score(prompts, texts)]
    except LimbeckError:
        # An endpoint cannot score given text; what to do without is its asker's to say.
        return found
    for (index, number), right, wrong in zip(places, logps[::2], logps[1::2], strict=True):
        try:
            found[index][number] = probability(right, wrong)
        except ValueError:
            continue
    return found


def shown(
    template: str, where: str, problem: Problem, trace: Trace, *, rubric: str = "", reference: str = ""
) -> tuple[str, str, str]:
    """The judge's question, the judged text, and the code of its fence.

    Args:
        template: with ``{trace}``; ``{question}``, ``{rubric}``, ``{reference}`` and ``{fence}`` where wanted.
        reference: what ``{reference}`` becomes, the fence's code in it as ``{fence}``.

    Raises:
        LimbeckError: a template without ``{trace}``, or a trace of unknown format.
    """
    check_fields(template, ("trace",), where)
    text = full_text(trace)
    code = fence(problem.question, text, problem.answer or "")
    told = fill(reference, answer=problem.answer or "", fence=code) if reference else ""
    asked = fill(template, question=problem.question, trace=text, rubric=rubric, reference=told, fence=code)
    return asked, text, code


def chat(asked: str, system: str = "") -> Messages:
    """A question as a chat."""
    return [*([{"role": "system", "content": system}] if system else []), {"role": "user", "content": asked}]


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of those that are there."""
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None


def reader(before: str, right: str, wrong: str, plain: bool = True) -> Reader:
    """A reader whose settings have been looked at.

    Raises:
        LimbeckError: as `Reader.pattern`.
    """
    made = Reader(before, right, wrong, plain)
    made.pattern()
    return made
