"""Solutions written step by step, each step the best of several candidates."""

from __future__ import annotations

import random
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from msgspec.structs import replace

from limbeck.drawing import Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Finish, Problem
from limbeck.teachers.ops import Writer, check
from limbeck.texts.messages import in_context
from limbeck.texts.steps import Cutting, ends
from limbeck.texts.templates import check_fields, fill
from limbeck.types import Settings


class Choosing(Settings, frozen=True):
    """Which candidate becomes the step.

    Args:
        select: one at ``random``, the one the model finds likeliest (``logp``, the mean log-probability of
            its tokens), or likeliest behind a ``rationale``.
        guide: writes rationales, greedily.
        guide_template: the guide's question, with ``{question}`` and ``{prefix}``.
        insert: how a rationale is put behind the text so far, with ``{rationale}``.
        guide_tokens: most new tokens of a rationale.
    """

    select: Literal["random", "logp", "rationale"] = "logp"
    guide: Model | None = None
    guide_template: str = "{question}\n{prefix}"
    insert: str = "{rationale}"
    guide_tokens: int = 256


class Stepping(Settings, frozen=True):
    """How candidates for a step are drawn.

    Args:
        k: candidates per step, whatever selects.
        most_steps: a trace with so many steps that has not ended is marked ``truncated``.
        step_tokens: most new tokens sampled for a candidate; it is cut behind its first step.
        temperature, top_p, seed: as in `limbeck.drawing.Drawing`.
    """

    k: int = 3
    most_steps: int = 14
    step_tokens: int = 256
    temperature: float = 0.7
    top_p: float = 1.0
    seed: int = 0

    def sampling(self) -> Sampling:
        """Ask for a step's candidates."""
        return Sampling(
            n=self.k,
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.step_tokens,
            seed=self.seed,
        )


def step_select(
    data: Data,
    *,
    model: Model,
    choosing: Choosing = Choosing(),
    stepping: Stepping = Stepping(),
    cutting: Cutting = Cutting(by="sentences"),
    format: str = "think",
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Write one trace per problem: ``k`` candidates for each step, of which one is selected (RATIONALYST).

    ArXiv 2410.01044, section 3.4, implicit supervision: a guide writes a rationale for the text so far, and
    the model's mean log-probability of each candidate behind text and rationale decides. The rationale itself
    is not kept.

    Args:
        format: how the whole text is split, as in `sample`.

    Raises:
        LimbeckError: no guide for ``rationale``, settings out of range, a template without its fields, an
            unknown format, or all requests failed.
    """
    sampling = stepping.sampling()
    _check(choosing)
    check(prompting, sampling)
    writer = Writer(model, format, replace(sampling, n=1), data)
    drafts = [_Draft(problem) for problem in data.problems if not problem.marks]
    open_ = drafts
    with ctx.progress(len(drafts)) as bar:
        turn = 0
        while open_ and turn < stepping.most_steps:
            _propose(open_, model, sampling, cutting, prompting)
            if choosing.select == "random":
                _draw(open_, f"{stepping.seed}/{turn}")
            else:
                rationales = _rationales(open_, choosing) if choosing.select == "rationale" else None
                _select(open_, model, rationales, prompting)
            still = [draft for draft in open_ if draft.finish == "unknown"]
            bar.advance(len(open_) - len(still))
            open_, turn = still, turn + 1
    traces = [writer.trace(draft.problem, 0, draft.completion()) for draft in drafts]
    writer.close(ctx)
    ctx.log(f"{sum(draft.steps for draft in drafts):,} steps, each of at most {stepping.k} candidates")
    return Data(data.problems, [*data.traces, *traces], data.pairs)


@dataclass
class _Draft:
    """A trace in the making; candidates are texts of its next step, and whether the trace ends with it."""

    problem: Problem
    text: str = ""
    finish: Finish = "unknown"
    error: str = ""
    steps: int = 0
    tokens: int = 0
    candidates: tuple[tuple[str, bool], ...] = ()

    def propose(self, replies: list[Completion], cutting: Cutting) -> None:
        """The first step of each reply."""
        steps = []
        for reply in replies:
            self.tokens += reply.tokens or 0
            if reply.finish == "error":
                self.error = reply.error or "no reason given"
                continue
            cuts = ends(reply.text, cutting)
            first = reply.text[: cuts[0]] if cuts else reply.text
            steps.append((first, reply.finish == "stop" and len(first) == len(reply.text)))
        self.candidates = tuple(steps)

    def take(self, index: int) -> None:
        """Go on with one candidate; where every request failed, the trace has."""
        if not self.candidates:
            self.finish = "error"
            return
        step, done = self.candidates[index]
        self.text, self.steps = self.text + step, self.steps + 1
        # A candidate of nothing would be proposed for ever.
        self.finish = "stop" if done else "unknown" if step else "length"

    def completion(self) -> Completion:
        finish: Finish = "length" if self.finish == "unknown" else self.finish
        error = self.error if finish == "error" else ""
        return Completion(text=self.text, finish=finish, tokens=self.tokens, error=error)


def _check(choosing: Choosing) -> None:
    check_fields(choosing.guide_template, ("prefix",), "teachers/step_select")
    check_fields(choosing.insert, ("rationale",), "teachers/step_select")
    if choosing.select == "rationale" and choosing.guide is None:
        raise LimbeckError(
            "teachers/step_select: select: rationale needs a guide, the model that writes rationales"
        )


def _propose(
    drafts: list[_Draft], model: Model, sampling: Sampling, cutting: Cutting, prompting: Prompting
) -> None:
    """New candidates for each draft, all in one batch."""
    chats = [prompting.messages(draft.problem, draft.text) for draft in drafts]
    for draft, replies in zip(drafts, model.generate(chats, sampling), strict=True):
        draft.propose(replies, cutting)


def _draw(drafts: list[_Draft], seed: str) -> None:
    """Each draft takes any candidate."""
    for draft in drafts:
        draft.take(random.Random(f"{seed}/{draft.problem.id}").randrange(max(1, len(draft.candidates))))


def _rationales(drafts: list[_Draft], choosing: Choosing) -> list[str]:
    """What the guide says of each draft, ready to be put behind its text; empty where its request failed."""
    assert choosing.guide is not None, "checked before anything is asked"
    template, insert = choosing.guide_template, choosing.insert
    texts = [fill(template, question=draft.problem.question, prefix=draft.text) for draft in drafts]
    asked = [in_context(draft.problem, text) for draft, text in zip(drafts, texts, strict=True)]
    replies = choosing.guide.generate(asked, Sampling(temperature=0.0, max_tokens=choosing.guide_tokens))
    return [fill(insert, rationale=reply.text) if reply.finish != "error" else "" for (reply,) in replies]


def _select(drafts: list[_Draft], model: Model, rationales: list[str] | None, prompting: Prompting) -> None:
    """Each draft takes the candidate with the highest mean log-probability, the first of equals."""
    chats, texts, done, counts = [], [], [], []
    for number, draft in enumerate(drafts):
        prefix = draft.text + (rationales[number] if rationales else "")
        unique = list(dict.fromkeys(draft.candidates))
        counts.append(unique)
        for text, ended in unique:
            chats.append(prompting.messages(draft.problem, prefix))
            texts.append(text)
            done.append(ended)
    means = iter([fmean(logps) if logps else float("-inf") for logps in model.score(chats, texts, done)])
    for draft, unique in zip(drafts, counts, strict=True):
        scores = [next(means) for _ in unique]
        draft.take(draft.candidates.index(unique[scores.index(max(scores))]) if unique else 0)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: new traces, and at most so many samples and tokens; a guide is asked at each step."""
    problems, steps, most = counts["problems"], params["most_steps"], params["step_tokens"]
    written = steps * most
    each = prompt(counts, params["template"], params["system"], more=written)
    guided = prompt(counts, params["guide_template"], more=written)
    guide = asked(problems * steps, guided, params["guide_tokens"])
    return {
        "traces": counts.get("traces", 0) + problems,
        "trace_tokens": written,
        "asks": {"guide": guide},
        **asked(problems * params["k"] * steps, each, most),
    }
