"""Samples where they tell something: each problem is tried until enough is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from limbeck.drawing import Drawing, Prompting
from limbeck.errors import LimbeckError
from limbeck.evaluation.ops import wilson
from limbeck.generation import Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Trace
from limbeck.teachers._verdicts import asked_of, settled
from limbeck.teachers.ops import Writer, check
from limbeck.texts.traces import format_named
from limbeck.types import Count, PositiveShare, Settings, Share, Verifier

JUDGED = ("correct", "wrong", "unparsed")
"""Outcomes that count, as for `curation/pass_rate`: a timeout says nothing of the problem."""


class Enough(Settings, frozen=True):
    """When enough is known of a problem, and how its samples are drawn.

    Args:
        goal: ``rate``: Wilson's 95% interval of its pass rate is at most ``width`` wide. ``band``: that
            interval lies within ``low`` to ``high``, or clear of it. ``pair``: it has a correct and a wrong
            trace.
        width: of the interval, a share of 1.
        low: the band's lower end.
        high: its upper end.
        first: samples of each problem in the first round.
        at_once: in each further round; more fill a batch better and may draw more than needed.
    """

    goal: Literal["rate", "band", "pair"] = "rate"
    width: PositiveShare = 0.3
    low: Share = 0.2
    high: Share = 0.8
    first: Count = 4
    at_once: Count = 4

    def known(self, right: int, judged: int) -> bool:
        """Whether so many right ones among so many judged traces settle the rate or the band."""
        low, high = wilson(right, judged)
        if self.goal == "rate":
            return high - low <= self.width
        return high < self.low or low > self.high or self.low <= low <= high <= self.high

    def reached(self, traces: Sequence[Trace]) -> bool:
        """Whether a problem's traces settle it."""
        if self.goal == "pair":
            return {"correct", "wrong"} <= {trace.outcome for trace in traces if not trace.marks}
        judged = [trace.outcome for trace in traces if trace.outcome in JUDGED]
        return self.known(judged.count("correct"), len(judged))


def adaptive(
    data: Data,
    *,
    model: Model,
    verifier: Verifier,
    k: int = 64,
    enough: Enough = Enough(),
    drawing: Drawing = Drawing(),
    format: str = "think",
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Sample each problem without a mark until its pass rate, or another goal, is settled.

    In every round the problems still open are asked again, so a round is one batch. A sample is the one that
    `sample` would draw under the same number and seed: what was sampled before need not be again. All traces
    are kept with their verdicts.

    What that saves is [measured](../bench/results/adaptive.md), with what it costs: intervals at which rates
    stop hold the true one about as often as others do, while a band that is looked at after every round is
    decided wrongly more often than one that is looked at once.

    Args:
        k: most traces per problem.
        format: as in `sample`.

    Raises:
        LimbeckError: for an unknown format, a template without ``{question}``, settings out of range, a goal
            that ``k`` samples cannot reach, or when every request failed.
    """
    sampling = drawing.sampling(k)
    check(prompting, sampling)
    _check(enough, k, drawing.temperature)
    writer = Writer(model, format, sampling, data)
    problems = [problem for problem in data.problems if not problem.marks]
    made: list[list[Trace]] = [[] for _ in problems]
    left = list(range(len(problems)))
    with ctx.progress(len(problems)) as bar:
        for numbers in rounds(k, enough):
            prompts = [prompting.messages(problems[place]) for place in left]
            waiting = []
            for index, number, completion in model.stream_some(prompts, [numbers] * len(left), sampling):
                problem = problems[left[index]]
                trace = writer.trace(problem, number, completion)
                waiting.append((left[index], trace, asked_of(verifier, problem, trace)))
                bar.advance(0, writer.rate())
            for place, trace, verdict in waiting:
                trace.verdicts = [settled(verdict, trace)]
                made[place].append(trace)
            before, left = len(left), [place for place in left if not enough.reached(made[place])]
            bar.advance(before - len(left))
            if not left or writer.unasked:
                break
    writer.close(ctx)
    drawn = f"{writer.made:,} of {k * len(problems):,} samples"
    ctx.log(f"{len(problems) - len(left):,} of {len(problems):,} problems settled with {drawn}")
    ordered = [sorted(traces, key=lambda trace: trace.params["sample"]) for traces in made]
    return Data(data.problems, [*data.traces, *(trace for traces in ordered for trace in traces)], data.pairs)


def rounds(k: int, enough: Enough) -> list[range]:
    """The samples' numbers, round by round."""
    starts = [0, *range(enough.first, k, enough.at_once)]
    return [range(start, min(end, k)) for start, end in zip(starts, [*starts[1:], k], strict=True)]


def _check(enough: Enough, k: int, temperature: float) -> None:
    """Raise where no problem could ever be settled before ``k``."""
    if temperature == 0:
        raise LimbeckError(
            "samples at temperature 0 are all the same; give a temperature, or use teachers/sample"
        )
    if enough.first > k:
        raise LimbeckError(f"first: {enough.first} samples are more than k: {k}")
    if enough.goal == "pair":
        if k < 2:
            raise LimbeckError(f"k: {k} cannot be a right and a wrong trace")
        return
    if enough.low >= enough.high:
        raise LimbeckError(f"low: {enough.low:g} is not below high: {enough.high:g}")
    if not any(enough.known(right, k) for right in range(k + 1)):
        wanted = (
            f"width: {enough.width:g}"
            if enough.goal == "rate"
            else f"low: {enough.low:g}, high: {enough.high:g}"
        )
        raise LimbeckError(f"k: {k} samples never settle a problem with {wanted}; raise k")


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    drawing = Drawing.of(given)
    check(Prompting.of(given), drawing.sampling(given["k"]))
    enough = Enough.of(given)
    _check(enough, given["k"], drawing.temperature)
    format_named(given["format"], "a teacher's format")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most so many samples and tokens."""
    samples = counts["problems"] * params["k"]
    each = prompt(counts, params["template"], params["system"])
    return {"traces": counts.get("traces", 0) + samples, **asked(samples, each, params["max_tokens"])}
