"""Attempts that grow step by step, several at once, each of them scored as far as it goes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from limbeck.decoding._scoring import scored
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.records import Finish
from limbeck.texts.steps import Cutting, ends
from limbeck.texts.traces import format_named
from limbeck.types import Count, Positive, PositiveShare, Settings, Verifier


class Stepping(Settings, frozen=True):
    """How a step is drawn.

    Args:
        step_tokens: most new tokens sampled for a step; it is cut behind its first step, and all are counted.
        most_steps: an attempt with so many steps is cut off.
        temperature, top_p: of the steps; those of an evaluation or a teacher are not used.
    """

    step_tokens: Count = 256
    most_steps: Count = 32
    temperature: Positive = 0.8
    top_p: PositiveShare = 1.0


@dataclass
class Attempt:
    """A text as far as it goes, how good it is found, and how it ended: ``unknown`` while it goes on."""

    text: str = ""
    score: float = 0.0
    finish: Finish = "unknown"
    steps: int = 0
    error: str = ""

    @property
    def open(self) -> bool:
        return self.finish == "unknown"


@dataclass
class Sample:
    """A wanted sample: its chat, its attempts, and what was written for all of them."""

    index: int
    number: int
    chat: Messages
    attempts: list[Attempt] = field(default_factory=list)
    written: list[Completion] = field(default_factory=list)
    proposals: int = 0

    def completion(self, best: Attempt) -> Completion:
        """An attempt with the tokens of all of them, and its score."""
        tokens = [each.tokens for each in self.written if each.tokens is not None]
        prompts = [each.prompt_tokens for each in self.written if each.prompt_tokens is not None]
        return Completion(
            text=best.text,
            finish="length" if best.open else best.finish,
            error=best.error,
            tokens=sum(tokens) if tokens else None,
            prompt_tokens=sum(prompts) if prompts else None,
            scores={"score": best.score, "steps": float(best.steps)},
        )


def begun(prompts: Sequence[Messages], wanted: Sequence[Collection[int]], attempts: int) -> list[Sample]:
    """Every wanted sample with so many empty attempts."""
    samples = []
    for index, numbers in enumerate(wanted):
        for number in numbers:
            samples.append(Sample(index, number, prompts[index], [Attempt() for _ in range(attempts)]))
    return samples


def check(cutting: Cutting, format: str, where: str) -> None:
    """Refuse what no step can be cut by, and an unknown format.

    Raises:
        LimbeckError: naming it.
    """
    try:
        ends("", cutting)
    except LimbeckError as error:
        raise LimbeckError(f"{where}: {error}") from None
    format_named(format, where)


class Stepper:
    """Draws and scores the next step of attempts.

    Args:
        model: writes the steps, going on with what it has written.
        verifier: scores an attempt as far as it goes; the higher the better.
        format: of the texts, by name.
    """

    def __init__(
        self, model: Model, verifier: Verifier, stepping: Stepping, cutting: Cutting, format: str
    ) -> None:
        self.model, self.verifier, self.stepping, self.cutting = model, verifier, stepping, cutting
        self.name, self.form = format, format_named(format)

    def grown(self, at: Sequence[tuple[Sample, Attempt]], sampling: Sampling) -> list[Attempt]:
        """Each attempt with one step more, scored, in order; the attempts themselves stay as they are.

        The n-th proposal of a sample is drawn as a number of its own, so that equal attempts go on in
        different ways, whatever else is asked for.
        """
        chats, numbers = [], []
        for sample, attempt in at:
            before = [{"role": "assistant", "content": attempt.text}] if attempt.text else []
            chats.append([*sample.chat, *before])
            numbers.append([sample.number * 100_000 + sample.proposals])
            sample.proposals += 1
        drawn = Sampling(
            temperature=self.stepping.temperature,
            top_p=self.stepping.top_p,
            max_tokens=self.stepping.step_tokens,
            seed=sampling.seed,
            stop=sampling.stop,
        )
        replies = dict[int, Completion]()
        for place, _, reply in self.model.stream_some(chats, numbers, drawn):
            replies[place] = reply
        made = []
        for place, (sample, attempt) in enumerate(at):
            sample.written.append(replies[place])
            made.append(self._with_step(attempt, replies[place]))
        texts = [Completion(text=each.text, finish=each.finish) for each in made]
        asked = [(sample.chat, text) for (sample, _), text in zip(at, texts, strict=True)]
        for each, score in zip(made, scored(self.verifier, self.form, self.name, asked), strict=True):
            each.score = score
        return made

    def _with_step(self, attempt: Attempt, reply: Completion) -> Attempt:
        if reply.finish == "error":
            return Attempt(attempt.text, finish="error", steps=attempt.steps, error=reply.error)
        cuts = ends(reply.text, self.cutting)
        step = reply.text[: cuts[0]] if cuts else reply.text
        steps = attempt.steps + 1
        ended = reply.finish == "stop" and len(step) == len(reply.text)
        # A step of nothing would be drawn for ever.
        stuck = not step or steps >= self.stepping.most_steps
        finish: Finish = "stop" if ended else "length" if stuck else "unknown"
        return Attempt(attempt.text + step, finish=finish, steps=steps)
