"""Verdicts that a model weighs: replies read, and how likely either word is behind what was said, all in one
batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from msgspec import Struct

from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.judging.asking import Ask, Asked, Score, ask
from limbeck.judging.replies import Reader, Said, Words, among, fence, probability
from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import full_text

Chances = list["float | None"]
"""How likely the right word is, for each reply; None where it has no place for one, or the model cannot
score."""


class Weighing(Struct):
    """What to ask of one trace.

    ``sampling`` None asks for no reply: both words are weighed right behind the question. ``read`` says of
    each completion what it says and where its word stands. ``words`` are weighed there; None weighs nothing.
    """

    messages: Messages
    sampling: Sampling | None
    read: Callable[[Completion], Said]
    words: tuple[str, str] | None
    then: Callable[[list[Said], Chances], Verdict]


def weigh(model: Model, weighing: Weighing) -> Asked:
    """Put a trace before a model, as `limbeck.judging.asking.ask` has it: replies, then their words'
    chances."""
    if weighing.sampling is None:
        return ask(model, _placed(weighing, [Said(None)]))
    return ask(model, Ask(weighing.messages, weighing.sampling, partial(_heard, weighing)))


def _heard(weighing: Weighing, replies: list[Completion]) -> Verdict | Score:
    heard = [weighing.read(reply) for reply in replies]
    if weighing.words and any(reply.tops for reply in replies):
        words = weighing.words
        return weighing.then(heard, [_told(*each, words) for each in zip(replies, heard, strict=True)])
    if weighing.words is None or not any(reply.before for reply in heard):
        return weighing.then(heard, [None] * len(heard))
    return _placed(weighing, heard)


def _told(reply: Completion, heard: Said, words: tuple[str, str]) -> float | None:
    """The chance that the reply's own tokens tell."""
    if not reply.tops or heard.verdict is None or not heard.before:
        return None
    return among(reply.tops, reply.text, len(heard.before) + len(heard.blank), *words)


def _placed(weighing: Weighing, heard: list[Said]) -> Score:
    """Asks for the chance of the right word in each reply's place for it."""
    words = weighing.words or ()
    places = [number for number, told in enumerate(heard) if weighing.sampling is None or told.before]
    prompts, texts = list[Messages](), list[str]()
    for number in places:
        told = heard[number]
        behind = [{"role": "assistant", "content": told.before}] if told.before else []
        prompts += [[*weighing.messages, *behind]] * 2
        texts += [told.blank + word for word in words]

    def then(logps: list[float] | None) -> Verdict:
        chances: Chances = [None] * len(heard)
        for number, right, wrong in zip(
            places, (logps or [])[::2], (logps or [])[1::2], strict=logps is not None
        ):
            with suppress(ValueError):
                chances[number] = probability(right, wrong)
        return weighing.then(heard, chances)

    return Score(prompts, texts, then)


def shown(
    template: str, where: str, problem: Problem, trace: Trace, *, rubric: str = "", reference: str = ""
) -> tuple[str, str, str]:
    """The judge's question, the judged text, and the code of its fence.

    Args:
        template: with ``{trace}``; ``{question}``, ``{rubric}``, ``{reference}`` and ``{fence}`` where
            wanted.
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


def reader(words: Words, plain: bool = True) -> Reader:
    """A reader whose settings have been looked at.

    Raises:
        LimbeckError: as `Reader.pattern`.
    """
    made = Reader(words, plain)
    made.pattern()
    return made
