"""A judge that is told of its biases and may revise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Drawing, Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Trace
from limbeck.teachers.ops import Writer, check
from limbeck.texts.messages import in_context
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import format_named
from limbeck.types import Format, Settings

SHOWN = (
    "{question}\n\nA judge answered: {verdict}\n\nWas the judge moved by a bias? Think, then end with one "
    "word: Verbosity, Position, Bandwagon, Sentiment or No."
)
AGAIN = (
    "{question}\n\nYou answered: {verdict}\nA reviewer found:\n{feedback}\n\nThe reviewer may be mistaken. "
    "Answer again, in the same form."
)


class Reviewing(Settings, frozen=True):
    """What the detector is asked, how it is read, and what the judge is told.

    Args:
        shown: what the detector is asked, with ``{question}`` and ``{verdict}``; empty takes ``SHOWN``.
        again: what the judge is asked again, with ``{question}`` and ``{feedback}``; empty takes ``AGAIN``.
        none: the detector's answer that flags nothing.
        rounds: how often a verdict may be revised; with 0 the judge is alone.
        max_thought: most new tokens of the detector.
        detector_format: how the detector's completions are split, a name of ``formats/``.
    """

    shown: str = ""
    again: str = ""
    none: str = "No"
    rounds: int = 2
    max_thought: int = 4096
    detector_format: str = "plain"


def debiased(
    data: Data,
    *,
    model: Model,
    detector: Model,
    reviewing: Reviewing = Reviewing(),
    drawing: Drawing = Drawing(temperature=0.0, top_p=1.0, max_tokens=4096),
    format: str = "plain",
    template: str = "{question}",
    ctx: Context,
) -> Data:
    """A judge answers; a detector that finds a bias tells it why, and the judge answers again (RBD).

    ArXiv 2505.17100. What the detector passes stays as it is; the rest goes round again, at most ``rounds``
    times. A detector's reply that was cut off or failed flags nothing.

    Args:
        model: the judge.
        format: how the judge's completions are split, a name of ``formats/``.
        template: the judge's question, ``{question}`` replaced.

    Returns:
        A trace per problem, its answer the last one, with ``params["verdicts"]`` (all of them in turn),
        ``params["found"]`` (the detector's answers) and ``scores["unchanged"]``, 1 where the first verdict
        stands.

    Raises:
        LimbeckError: a template without its fields, settings out of range, or every request failed.
    """
    shown, again = reviewing.shown or SHOWN, reviewing.again or AGAIN
    _check(shown, again, reviewing.rounds)
    sampling = drawing.sampling()
    looking = Sampling(temperature=0.0, top_p=1.0, max_tokens=reviewing.max_thought, seed=drawing.seed)
    check(Prompting(template=template), sampling)
    writer, reader = Writer(model, format, sampling, data), format_named(reviewing.detector_format)
    unmarked = [problem for problem in data.problems if not problem.marks]
    cases = waiting = [_Case(problem, fill(template, question=problem.question)) for problem in unmarked]
    asks = [in_context(case.problem, case.asked) for case in cases]
    for case, reply in zip(cases, _ask(model, asks, sampling), strict=True):
        case.take(writer.trace(case.problem, 0, reply))
    for _ in range(reviewing.rounds):
        waiting = [case for case in waiting if case.verdicts]
        looks = [case.shown(shown) for case in waiting]
        replies = _ask(detector, looks, looking)
        looked = zip(waiting, replies, strict=True)
        waiting = [case for case, reply in looked if case.flagged(reply, reader, reviewing.none)]
        asks = [case.asked_again(again) for case in waiting]
        for case, reply in zip(waiting, _ask(model, asks, sampling), strict=True):
            case.take(writer.trace(case.problem, 0, reply))
    writer.close(ctx)
    ctx.log(f"{sum(case.revised for case in cases):,} of {len(cases):,} verdicts were revised")
    return Data(data.problems, [*data.traces, *(case.noted() for case in cases)], data.pairs)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: the judge answers once and after each round, the detector looks in each round."""
    problems, rounds, most = counts["problems"], params["rounds"], params["max_tokens"]
    shown, again = params["shown"] or SHOWN, params["again"] or AGAIN
    # What either wrote is shown to the other one.
    each = prompt(counts, params["template"], again, more=most + params["max_thought"])
    looked = asked(problems * rounds, prompt(counts, shown, more=most), params["max_thought"])
    return {
        "traces": counts.get("traces", 0) + problems,
        "asks": {"detector": looked},
        **asked(problems * (1 + rounds), each, most),
    }


def _check(shown: str, again: str, rounds: int) -> None:
    check_fields(shown, ("question", "verdict"), "teachers/debiased")
    check_fields(again, ("question", "feedback"), "teachers/debiased")
    if rounds < 0:
        raise LimbeckError(f"teachers/debiased: rounds={rounds}: give 0 or more")


@dataclass
class _Case:
    """A problem on its way through the rounds: the judge's traces and verdicts, the detector's answers."""

    problem: Problem
    asked: str
    trace: Trace | None = None
    verdicts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    feedback: str = ""

    def take(self, trace: Trace) -> None:
        """A new trace; one that was cut off or failed leaves an earlier one standing."""
        if not trace.marks:
            self.verdicts.append(trace.answer.strip())
        if self.trace is None or not trace.marks:
            self.trace = trace

    def shown(self, template: str) -> Messages:
        """What the detector sees of it: it judges the verdict, and is not asked in the problem's context."""
        text = fill(template, question=self.problem.question, verdict=self.verdicts[-1])
        return [{"role": "user", "content": text}]

    def asked_again(self, template: str) -> Messages:
        """What the judge is asked after a bias was found."""
        text = fill(template, question=self.asked, verdict=self.verdicts[-1], feedback=self.feedback)
        return in_context(self.problem, text)

    @property
    def revised(self) -> bool:
        return self.verdicts[:1] != self.verdicts[-1:]

    def flagged(self, reply: Completion, reader: Format, none: str) -> bool:
        """Whether the detector found a bias; what it says is the feedback."""
        label = reader.parse(reply.text)[1].strip() if reply.finish == "stop" else ""
        self.labels.append(label)
        self.feedback = reply.text
        return bool(label) and label.casefold() != none.casefold()

    def noted(self) -> Trace:
        """The last trace with what led to it."""
        assert self.trace is not None
        params = {**self.trace.params, "verdicts": self.verdicts, "found": self.labels}
        unchanged = {"unchanged": float(self.verdicts[0] == self.verdicts[-1])} if self.verdicts else {}
        return replace(self.trace, params=params, scores={**self.trace.scores, **unchanged})


def _ask(model: Model, chats: list[Messages], sampling: Sampling) -> list[Completion]:
    """One reply in each chat."""
    return [replies[0] for replies in model.generate(chats, sampling)]
