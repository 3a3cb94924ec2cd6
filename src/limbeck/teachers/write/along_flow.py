"""Long traces of a model that reasons shortly: planned as a flow of strategies, written step by step."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Drawing, Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Finish, Problem
from limbeck.retrieval.words import Passages
from limbeck.teachers._flows import fitted, lines
from limbeck.teachers.ops import Writer, check
from limbeck.texts.messages import in_context
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import joined_text
from limbeck.types import Settings

PLAN = (
    "You plan how a question is to be reasoned about; you do not answer it.\n\nA question:\n{example}\n\n"
    "How it was reasoned about, one strategy a line:\n{flow}\n\nA further question:\n{question}\n\n"
    "How should this one be reasoned about{budget}? Write one strategy a line, in order, and nothing else. "
    "An easy question needs few, a hard one needs attempts, checks and second thoughts too."
)
STEP = (
    "{question}\n\nYou reason about this question along a plan of {steps} steps:\n{flow}\n\n"
    "Written so far:\n{written}\n\nWrite step {number} alone, in one paragraph, thinking aloud: {strategy}. "
    "Do not go on to a later step, and do not name the plan."
)
ANSWER = "{question}\n\nHow it was reasoned about:\n{written}\n\nSay the final answer alone."
EXAMPLE = "A train leaves at 9:40 and needs 85 minutes. When does it arrive?"
FLOW = ["restate what is asked", "decompose it", "work out the parts", "check the result", "conclude"]


class Planning(Settings, frozen=True):
    """How long traces become.

    Args:
        budgets: numbers of steps, one of which is drawn for each problem; empty lets the model choose.
        filler: the strategy that is put before the last where a plan has fewer steps than its budget.
        most_steps: of a plan that the model chooses itself.
    """

    budgets: tuple[int, ...] = ()
    filler: str = "check what was found so far, or try another way"
    most_steps: int = 30


class Asking(Settings, frozen=True):
    """What the model is asked.

    Args:
        plan: for a flow, with ``{example}`` and its ``{flow}``, ``{question}`` and ``{budget}``.
        step: for a step, with ``{question}``, ``{strategy}``, ``{written}``, and ``{flow}``, ``{steps}``,
            ``{number}``.
        conclude: for the answer, with ``{question}`` and ``{written}``.
        join: what ends each step.
    """

    plan: str = PLAN
    step: str = STEP
    conclude: str = ANSWER
    join: str = "\n\n"


def along_flow(
    *data: Data,
    model: Model,
    planning: Planning = Planning(),
    asking: Asking = Asking(),
    format: str = "think",
    drawing: Drawing = Drawing(max_tokens=1024),
    ctx: Context,
) -> Data:
    """Write one long trace per problem: plan a flow of strategies, then each step of it by itself.

    Long CoT Collection, arXiv 2506.02338. Planning, the model sees the question and flow of the seed most
    like the problem; the number of strategies is the thought budget. All problems share each round. Nothing
    is judged: put a verifier and `curation/reject` behind.

    Args:
        data: first the problems; further ones are seeds, traces with ``params["flow"]`` (`teachers/flows`).
            Without seeds an example of the house's is shown.
        drawing: of a plan, a step and an answer each.
        format: in which reasoning and answer are joined.

    Returns:
        The first data with new traces; ``params["flow"]`` and ``["budget"]`` are what each was to be,
        ``["seed_trace"]`` is the demonstration. One without a plan is marked ``no_flow``.

    Raises:
        LimbeckError: a budget below 1, a template without its fields, a setting out of range, an unknown
            format, or every request failed.
    """
    _check(planning, asking, drawing)
    questions, seeds = data[0], _seeds(Data.join(data[1:]) if data[1:] else Data())
    if not seeds:
        ctx.log("no seed bears a flow: an example of the house's is shown")
        seeds = [_Seed("", EXAMPLE, FLOW)]
    composer = _Composer(model, planning, asking, drawing, seeds)
    writer = Writer(model, format, drawing.sampling(), questions)
    drafts = [composer.draft(problem) for problem in questions.problems if not problem.marks]
    with ctx.progress(len(drafts)) as bar:
        composer.plan(drafts)
        while open_ := [draft for draft in drafts if draft.writing]:
            composer.step(open_)
        composer.conclude([draft for draft in drafts if draft.finish == "unknown"])
        bar.advance(len(drafts))
    traces = []
    for draft in drafts:
        trace = writer.trace(draft.problem, 0, draft.completion(asking.join, format))
        marks = ["no_flow"] if not draft.flow and draft.finish == "stop" else trace.marks
        traces.append(replace(trace, params={**trace.params, **draft.told()}, marks=marks))
    writer.close(ctx)
    if drafts:
        ctx.log(f"{sum(len(draft.written) for draft in drafts):,} steps in {len(drafts):,} traces")
    return Data(questions.problems, [*questions.traces, *traces], questions.pairs)


@dataclass(frozen=True)
class _Seed:
    """A trace's question and flow."""

    trace_id: str
    question: str
    flow: list[str]


def _seeds(data: Data) -> list[_Seed]:
    problems = data.problem_by_id()
    usable = [trace for trace in data.traces if trace.params.get("flow") and trace.problem_id in problems]
    return [_Seed(trace.id, problems[trace.problem_id].question, trace.params["flow"]) for trace in usable]


@dataclass
class _Draft:
    """A trace in the making: its plan, the steps written, and how it ends."""

    problem: Problem
    seed: _Seed
    budget: int
    flow: list[str] = field(default_factory=list)
    place: int = 0
    written: list[str] = field(default_factory=list)
    answer: str = ""
    tokens: int = 0
    finish: Finish = "unknown"
    error: str = ""

    @property
    def writing(self) -> bool:
        """Whether a step is due."""
        return self.finish == "unknown" and self.place < len(self.flow)

    def heard(self, completion: Completion) -> str:
        """A reply's text; what was cut off or failed ends the trace."""
        self.tokens += completion.tokens or 0
        if completion.finish != "stop":
            self.finish = "error" if completion.finish == "error" else "length"
            self.error = completion.error
        return completion.text.rpartition("</think>")[2].strip()

    def told(self) -> dict[str, Any]:
        """What the trace keeps of its plan."""
        return {"flow": self.flow, "budget": self.budget or len(self.flow), "seed_trace": self.seed.trace_id}

    def completion(self, join: str, format: str) -> Completion:
        """The whole text."""
        reasoning = "".join(step + join for step in self.written)
        text = joined_text(reasoning, self.answer, format) if self.answer else reasoning
        error = self.error if self.finish == "error" else ""
        return Completion(text=text, finish=self.finish, tokens=self.tokens, error=error)


@dataclass
class _Composer:
    """Asks the model for plans, steps and answers, of all drafts at once."""

    model: Model
    planning: Planning
    asking: Asking
    drawing: Drawing
    seeds: list[_Seed]

    def __post_init__(self) -> None:
        self.questions = Passages([seed.question for seed in self.seeds])
        self.sampling: Sampling = self.drawing.sampling()

    def draft(self, problem: Problem) -> _Draft:
        """A draft with the seed most like its problem, and a budget where one is set."""
        draws = random.Random(f"{self.drawing.seed}/{problem.id}")
        budget = draws.choice(self.planning.budgets) if self.planning.budgets else 0
        nearest = self.questions.places(problem.question, 1) or [0]  # where nothing is like it, any will do
        return _Draft(problem, self.seeds[nearest[0]], budget)

    def plan(self, drafts: list[_Draft]) -> None:
        """A flow for each, as long as its budget where it has one."""
        for draft, text in self._asked(drafts, self._planning):
            draft.tokens = 0  # a plan is no part of the text
            flow = lines(text)[: self.planning.most_steps] if draft.finish == "unknown" else []
            draft.flow = fitted(flow, draft.budget, self.planning.filler) if flow and draft.budget else flow
            if not flow and draft.finish == "unknown":
                draft.finish = "stop"

    def step(self, drafts: list[_Draft]) -> None:
        """The next step of each. A reply of nothing is no step."""
        for draft, text in self._asked(drafts, self._stepping):
            draft.place += 1
            # A blank line would make two steps of one.
            draft.written += ["\n".join(line for line in text.splitlines() if line.strip())] if text else []

    def conclude(self, drafts: list[_Draft]) -> None:
        """The answer of each."""
        for draft, text in self._asked(drafts, self._concluding):
            draft.answer = text
            draft.finish = "stop" if draft.finish == "unknown" else draft.finish

    def _asked(self, drafts: list[_Draft], question: Callable[[_Draft], str]) -> list[tuple[_Draft, str]]:
        chats: list[Messages] = [in_context(draft.problem, question(draft)) for draft in drafts]
        replies = self.model.generate(chats, self.sampling) if chats else []
        return [(draft, draft.heard(reply)) for draft, (reply,) in zip(drafts, replies, strict=True)]

    def _planning(self, draft: _Draft) -> str:
        budget = f", in exactly {draft.budget} steps" if draft.budget else ""
        seed, question = draft.seed, draft.problem.question
        flow = "\n".join(seed.flow)
        return fill(self.asking.plan, example=seed.question, flow=flow, question=question, budget=budget)

    def _stepping(self, draft: _Draft) -> str:
        return fill(
            self.asking.step,
            question=draft.problem.question,
            flow="\n".join(f"{number}. {each}" for number, each in enumerate(draft.flow, 1)),
            steps=str(len(draft.flow)),
            number=str(draft.place + 1),
            strategy=draft.flow[draft.place],
            written=self._written(draft),
        )

    def _concluding(self, draft: _Draft) -> str:
        return fill(self.asking.conclude, question=draft.problem.question, written=self._written(draft))

    def _written(self, draft: _Draft) -> str:
        return self.asking.join.join(draft.written) or "(nothing)"


def _check(planning: Planning, asking: Asking, drawing: Drawing) -> None:
    check(Prompting(), drawing.sampling())
    for budget in (*planning.budgets, planning.most_steps):
        if budget < 1:
            raise LimbeckError(
                f"teachers/along_flow: a budget of {budget} steps writes nothing; give 1 or more"
            )
    check_fields(asking.plan, ("question", "flow"), "teachers/along_flow, plan")
    check_fields(asking.step, ("question", "strategy", "written"), "teachers/along_flow, step")
    check_fields(asking.conclude, ("question", "written"), "teachers/along_flow, conclude")


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(Planning.of(given), Asking.of(given), Drawing.of(given))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: a plan, an answer and at most so many steps for each problem."""
    problems, most = counts["problems"], params["max_tokens"]
    steps = max(params["budgets"], default=params["most_steps"])
    # A step is asked for behind all that stand before it: half of them on average.
    each = prompt(counts, params["step"], more=most * steps / 2)
    return {
        "traces": counts.get("traces", 0) + problems,
        "trace_tokens": most * steps,
        **asked(problems * (steps + 2), each, most),
    }
