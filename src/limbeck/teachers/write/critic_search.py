"""Solutions written step by step under the eyes of a critic."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Drawing, Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Trace
from limbeck.teachers.ops import Writer, check
from limbeck.texts.steps import Cutting, steps_of
from limbeck.types import Verifier
from limbeck.verifiers.ops import judge


def critic_search(
    data: Data,
    *,
    model: Model,
    critic: Verifier,
    tries: int = 5,
    k: int = 1,
    cutting: Cutting = Cutting(),
    drawing: Drawing = Drawing(),
    format: str = "think",
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Sample traces; behind each step that a critic calls wrong, drop it and sample anew (SPC).

    ArXiv 2504.19162, section 4. The model writes to the end and the critic reads from the first new step on,
    which draws each step from the same distribution as step by step would, in fewer calls. All open traces
    share a round.

    Args:
        critic: a verifier of steps: ``extracted`` is the first wrong step, counted from 0. What it cannot
            tell stands.
        tries: steps that may be dropped in one trace; after that, what is written stands.
        k: traces per problem.
        cutting: the same as the critic's.
        format: as in `sample`.

    Returns:
        The data with new traces; ``params["dropped"]`` counts their rejected steps and ``tokens`` all that
        was drawn for them, dropped text too.

    Raises:
        LimbeckError: as `sample`, or a negative ``tries``.
    """
    sampling = drawing.sampling(k)
    check(prompting, sampling)
    if tries < 0:
        raise LimbeckError(f"tries={tries}: give 0 (no step is dropped) or more")
    writer = Writer(model, format, sampling, data)
    problems = [problem for problem in data.problems if not problem.marks]
    drafts = [_Draft(problem, number) for problem in problems for number in range(k)]
    with ctx.progress(len(drafts)) as bar:
        open_ = drafts
        for turn in range(tries + 1):
            _write(open_, model, replace(sampling, n=1, seed=drawing.seed + turn), writer, prompting)
            asked = [(draft, draft.problem, draft.trace) for draft in open_ if draft.trace.finish == "stop"]
            for draft, verdict in judge(critic, asked):
                wrong = verdict.extracted if verdict.outcome == "wrong" else None
                draft.judged(wrong, cutting, turn < tries)
            still = [draft for draft in open_ if draft.again]
            bar.advance(len(open_) - len(still), writer.rate())
            open_ = still
    writer.close(ctx)
    ctx.log(f"{sum(draft.dropped for draft in drafts):,} steps dropped in {len(drafts):,} traces")
    return Data(data.problems, [*data.traces, *(draft.result() for draft in drafts)], data.pairs)


@dataclass
class _Draft:
    """A trace in the making: what stands of it, how many steps that is, and what was dropped."""

    problem: Problem
    number: int
    prefix: str = ""
    checked: int = 0
    dropped: int = 0
    tokens: int = 0
    again: bool = True
    trace: Trace = None  # type: ignore[assignment]  # set by the first round

    def judged(self, wrong: str | None, cutting: Cutting, more: bool) -> None:
        """Cut before the wrong step, if there is one and a further try."""
        text, ends = steps_of(self.trace, cutting)
        if not more or not (wrong or "").isdecimal() or not self.checked <= int(wrong or 0) < len(ends):
            return
        self.checked = int(wrong or 0)
        self.prefix = text[: ends[self.checked - 1]] if self.checked else ""
        self.dropped += 1
        self.again = True

    def result(self) -> Trace:
        params = {key: value for key, value in self.trace.params.items() if key != "checked"}
        return replace(self.trace, tokens=self.tokens, params={**params, "dropped": self.dropped})


def _write(
    drafts: list[_Draft], model: Model, sampling: Sampling, writer: Writer, prompting: Prompting
) -> None:
    """Every draft goes on from where it stands to its end. Drafts at the same place get different samples."""
    places: dict[tuple[str, str], list[_Draft]] = defaultdict(list)
    for draft in drafts:
        places[draft.problem.id, draft.prefix].append(draft)
        draft.again = False
    groups = list(places.values())
    prompts = [prompting.messages(group[0].problem, group[0].prefix) for group in groups]
    for index, number, completion in model.stream_some(
        prompts, [range(len(group)) for group in groups], sampling
    ):
        _add(groups[index][number], completion, writer)


def _add(draft: _Draft, completion: Completion, writer: Writer) -> None:
    draft.tokens += completion.tokens or 0
    completion.text = draft.prefix + completion.text
    draft.trace = writer.trace(draft.problem, draft.number, completion)
    draft.trace.params["checked"] = draft.checked


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: new traces, and at most so many samples and tokens."""
    traces, most = counts["problems"] * params["k"], params["max_tokens"]
    # A further try goes on from a prefix of what was written.
    each = prompt(counts, params["template"], params["system"], more=most)
    samples = asked(traces * (params["tries"] + 1), each, most)
    return {"traces": counts.get("traces", 0) + traces, "trace_tokens": most, **samples}
