"""Traces of an agent: thoughts, actions carried out with tools, observations, and an answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from limbeck.agents.acting import Acting, Episode, Equipment, act
from limbeck.agents.actions import first_thought
from limbeck.agents.frames import frame_of
from limbeck.agents.tools import Toolbox
from limbeck.drawing import Drawing, Prompting
from limbeck.generation import Messages, Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Trace
from limbeck.retrieval.words import Passages
from limbeck.teachers.ops import Writer, check
from limbeck.texts.passages import texts_of
from limbeck.texts.templates import check_fields
from limbeck.types import InputFile, Settings

FORMAT = "agent"
COT = "{question}\n\nThink step by step. Say first, in one paragraph of its own, how you will go about it."


class FirstThought(Settings, frozen=True):
    """The teacher's own plan without tools, put before its first step (arXiv 2505.17612, section 3.2).

    Args:
        first_thought: ask for it, greedily, and have the agent begin with its first paragraph.
        cot: what is asked for it, ``{question}`` replaced; empty takes ``COT``.
        cot_tokens: most new tokens of it.
    """

    first_thought: bool = False
    cot: str = ""
    cot_tokens: int = 1024


def agent(
    data: Data,
    *,
    model: Model,
    acting: Acting = Acting(),
    prefix: FirstThought = FirstThought(),
    k: int = 1,
    passages: InputFile = "",  # type: ignore[assignment]
    drawing: Drawing = Drawing(max_tokens=2048),
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Have a model solve each unmarked problem in steps, with Python, a search and SQL (agent distillation).

    ArXiv 2505.17612. A step is a thought and one fenced block that names its tool (`limbeck.agents.actions`);
    what the tool says follows, and a block ``answer`` ends the trace. A problem brings its own passages in
    ``meta["passages"]`` (texts, or mappings with ``text`` and ``title``) and its table in ``meta["table"]``
    (``{columns, rows}``). Python runs in the sandbox, SQL read-only in a worker; neither reaches the network.

    Args:
        k: traces per problem.
        passages: a file of rows with ``text`` (and maybe ``title``) for problems without passages of their
            own.
        drawing: of each step: ``max_tokens`` is a step's.
        prompting: its ``system`` takes the place of the guide to tools and blocks.

    Returns:
        The data with new traces of format ``agent``, weight 0 over observations. ``scores`` count ``calls``
        of tools on the trace's way, those that ``raised``, ``unreadable`` steps and ``steps``; ``tokens`` and
        ``params["tried"]`` count candidates that were not taken, too. A trace that took an action nobody
        could read is marked ``unreadable`` and one without an answer after the last step ``step_limit``, as
        the paper drops both; an exception that was recovered from is no reason.

    Raises:
        LimbeckError: a template without its fields, settings out of range, an unknown tool or none, no
            sandbox for ``python``, or every request failed.
    """
    sampling = drawing.sampling(1)
    _check(prompting, drawing, acting, prefix, k)
    writer = Writer(model, FORMAT, sampling, data)
    equipment = Equipment(acting, passages, "teachers/agent")
    problems = [problem for problem in data.problems if not problem.marks]
    thoughts = _thoughts(model, problems, prefix, drawing, prompting)
    told = replace(prompting, system=acting.system(prompting.system))
    runs = []
    for problem in problems:
        tools = _Tools(equipment, problem)
        for number in range(k):
            opening = thoughts.get(problem.id, "")
            runs.append(_Run(problem, Episode(told.messages(problem), number, tools.box, opening), tools.odd))
    with ctx.progress(len(runs)) as bar:
        act(model, [run.episode for run in runs], sampling, acting, lambda done, _: bar.advance(done))
    made = [run.trace(writer) for run in runs]
    writer.close(ctx)
    _tell(ctx, runs)
    return Data(data.problems, [*data.traces, *made], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(Prompting.of(given), Drawing.of(given), Acting.of(given), FirstThought.of(given), given["k"])


def _check(prompting: Prompting, drawing: Drawing, acting: Acting, prefix: FirstThought, k: int) -> None:
    check(prompting, drawing.sampling(k))
    acting.check(drawing.temperature, "teachers/agent")
    check_fields(prefix.cot or COT, ("question",), "teachers/agent: cot")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most so many steps of so many candidates, each behind those before it."""
    traces, most = counts["problems"] * params["k"], params["max_tokens"]
    before = (params["steps"] - 1) / 2 * (most + params["longest"] / 3.5)
    each = prompt(counts, params["template"], params["system"], more=before)
    samples = asked(traces * params["steps"] * params["actions"], each, most)
    return {"traces": counts.get("traces", 0) + traces, "trace_tokens": most, **samples}


class _Tools:
    """A problem's tools; ``odd`` says what it brings that is no table, or no passages."""

    def __init__(self, equipment: Equipment, problem: Problem) -> None:
        self.odd = ""
        brought: dict[str, Any] = {}
        try:
            if (table := problem.meta.get("table")) is not None:
                brought["table"] = frame_of(table, "meta['table']")
            if (listed := problem.meta.get("passages")) is not None:
                brought["passages"] = Passages(texts_of(listed, "meta['passages']"))
        except ValueError as error:
            self.odd = str(error)
        self.box: Toolbox = equipment.toolbox(**brought)


@dataclass
class _Run:
    problem: Problem
    episode: Episode
    odd: str

    def trace(self, writer: Writer) -> Trace:
        """The episode as a trace, with what was counted."""
        episode = self.episode
        trace = writer.trace(self.problem, episode.number, episode.completion())
        counts = {
            "steps": episode.steps,
            "calls": sum(episode.calls.values()),
            "raised": episode.raised,
            "unreadable": episode.unreadable,
        }
        marks = ["unreadable"] if episode.unreadable else []
        marks += ["step_limit"] if episode.stopped == "steps" else []
        params = {**trace.params, "calls": dict(episode.calls), "tried": episode.tried}
        return replace(
            trace,
            marks=[*trace.marks, *marks],
            scores={name: float(count) for name, count in counts.items()},
            params={**params, "tools": self.odd} if self.odd else params,
            weights=episode.weights,
        )


def _thoughts(
    model: Model, problems: list[Problem], prefix: FirstThought, drawing: Drawing, prompting: Prompting
) -> dict[str, str]:
    """What each problem's agent begins with. A plan that failed or was cut off in its first paragraph is
    none."""
    if not prefix.first_thought:
        return {}
    sampling = replace(drawing.sampling(1), temperature=0.0, max_tokens=prefix.cot_tokens)
    asking = Prompting(system=prompting.system, template=prefix.cot or COT)
    chats: list[Messages] = [asking.messages(problem) for problem in problems]
    thoughts = {}
    for index, _, completion in model.stream(chats, sampling):
        thought = first_thought(completion.text) if completion.finish != "error" else ""
        if thought and (completion.finish == "stop" or "\n\n" in completion.text.strip()):
            thoughts[problems[index].id] = f"{thought}\n"
    return thoughts


def _tell(ctx: Context, runs: list[_Run]) -> None:
    """What was done, and what problems brought that could not be used."""
    calls: Counter[str] = Counter()
    for run in runs:
        calls += run.episode.calls
    used = ", ".join(f"{tool} {count:,}" for tool, count in sorted(calls.items())) or "none"
    ended = sum(run.episode.stopped == "steps" for run in runs)
    ctx.log(f"calls of tools: {used}; {ended:,} of {len(runs):,} traces reached the limit of steps")
    odd = [run for run in runs if run.odd]
    if odd:
        ctx.log(f"{len(odd):,} traces went without a tool; {odd[0].problem.id}: {odd[0].odd}")
