"""Solutions written step by step, each step the best of several candidates."""

from __future__ import annotations

import random
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem
from limbeck.teachers.ops import Writer, check
from limbeck.texts.messages import as_messages, in_context
from limbeck.texts.steps import ends
from limbeck.texts.templates import check_fields, fill


def step_select(
    data: Data,
    *,
    model: Model,
    select: Literal["random", "logp", "rationale"] = "logp",
    guide: Model | None = None,
    guide_template: str = "{question}\n{prefix}",
    insert: str = "{rationale}",
    guide_tokens: int = 256,
    k: int = 3,
    most_steps: int = 14,
    step_tokens: int = 256,
    by: Literal["auto", "lines", "paragraphs", "sentences", "numbered"] = "sentences",
    separator: str = "",
    temperature: float = 0.7,
    top_p: float = 1.0,
    format: str = "think",
    system: str = "",
    template: str = "{question}",
    seed: int = 0,
    ctx: Context,
) -> Data:
    """Write one trace per problem: ``k`` candidates for each step, of which one is selected (RATIONALYST).

    ArXiv 2410.01044, section 3.4, implicit supervision: a guide writes a rationale for the text so far, and
    the model's mean log-probability of each candidate behind text and rationale decides. The rationale itself
    is not kept.

    Args:
        select: at ``random``, by the model's own mean log-probability (``logp``), or by that behind a
            ``rationale``.
        guide: writes rationales, greedily; its question is ``guide_template`` with ``{question}`` and
            ``{prefix}``.
        insert: how a rationale is put behind the text so far, with ``{rationale}``.
        k: candidates per step, whatever selects.
        most_steps: a trace with so many steps that has not ended is marked ``truncated``.
        step_tokens: most new tokens sampled for a candidate; it is cut behind its first step.
        by, separator: how steps are cut: a kind of `limbeck.texts.steps.segment`, or a regular expression of
            what begins one.

    Raises:
        LimbeckError: no guide for ``rationale``, settings out of range, a template without its fields, an
            unknown format, or all requests failed.
    """
    sampling = Sampling(n=k, temperature=temperature, top_p=top_p, max_tokens=step_tokens, seed=seed)
    _check(select, guide, guide_template, insert)
    check(template, sampling)
    writer = Writer(model, format, replace(sampling, n=1), data)
    drafts = [_Draft(problem) for problem in data.problems if not problem.marks]
    open_ = drafts
    with ctx.progress(len(drafts)) as bar:
        turn = 0
        while open_ and turn < most_steps:
            _propose(open_, model, sampling, by, separator, template, system)
            said = (
                _rationales(open_, guide, guide_template, insert, guide_tokens)
                if select == "rationale"
                else None
            )
            _take(open_, f"{seed}/{turn}", select, model, said, template, system)
            still = [draft for draft in open_ if draft.finish == "unknown"]
            bar.advance(len(open_) - len(still))
            open_, turn = still, turn + 1
    traces = [writer.trace(draft.problem, 0, draft.completion()) for draft in drafts]
    writer.close(ctx)
    ctx.log(f"{sum(draft.steps for draft in drafts):,} steps, each of at most {k} candidates")
    return Data(data.problems, [*data.traces, *traces], data.pairs)


@dataclass
class _Draft:
    """A trace in the making and the candidates for its next step: their text, and whether the trace ends with
    it."""

    problem: Problem
    text: str = ""
    finish: str = "unknown"
    error: str = ""
    steps: int = 0
    tokens: int = 0
    candidates: tuple[tuple[str, bool], ...] = ()

    def propose(self, replies: list[Completion], by: Any, separator: str) -> None:
        """The first step of each reply."""
        found = []
        for reply in replies:
            self.tokens += reply.tokens or 0
            if reply.finish == "error":
                self.error = reply.error or "no reason given"
                continue
            cuts = ends(reply.text, by, separator)
            first = reply.text[: cuts[0]] if cuts else reply.text
            found.append((first, reply.finish == "stop" and len(first) == len(reply.text)))
        self.candidates = tuple(found)

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
        finish = "length" if self.finish == "unknown" else self.finish
        error = self.error if finish == "error" else ""
        return Completion(text=self.text, finish=finish, tokens=self.tokens, error=error)  # type: ignore[arg-type]


def _check(select: str, guide: Model | None, guide_template: str, insert: str) -> None:
    check_fields(guide_template, ("prefix",), "teachers/step_select")
    check_fields(insert, ("rationale",), "teachers/step_select")
    if select == "rationale" and guide is None:
        raise LimbeckError(
            "teachers/step_select: select: rationale needs a guide, the model that writes rationales"
        )


def _propose(
    drafts: list[_Draft],
    model: Model,
    sampling: Sampling,
    by: Any,
    separator: str,
    template: str,
    system: str,
) -> None:
    """New candidates for each draft, all in one batch."""
    chats = [as_messages(draft.problem, template, system, draft.text) for draft in drafts]
    for draft, replies in zip(drafts, model.generate(chats, sampling), strict=True):
        draft.propose(replies, by, separator)


def _take(
    drafts: list[_Draft],
    seed: str,
    select: str,
    model: Model,
    said: list[str] | None,
    template: str,
    system: str,
) -> None:
    """Each draft takes the best candidate, or any."""
    if select != "random":
        _select(drafts, model, said, template, system)
        return
    for draft in drafts:
        draft.take(random.Random(f"{seed}/{draft.problem.id}").randrange(max(1, len(draft.candidates))))


def _rationales(
    drafts: list[_Draft], guide: Model | None, template: str, insert: str, most: int
) -> list[str]:
    """What the guide says of each draft, ready to be put behind its text; empty where its request failed."""
    assert guide is not None, "checked before anything is asked"
    asked = [
        in_context(draft.problem, fill(template, question=draft.problem.question, prefix=draft.text))
        for draft in drafts
    ]
    replies = guide.generate(asked, Sampling(temperature=0.0, max_tokens=most))
    return [fill(insert, rationale=reply.text) if reply.finish != "error" else "" for (reply,) in replies]


def _select(drafts: list[_Draft], model: Model, said: list[str] | None, template: str, system: str) -> None:
    """Each draft takes the candidate with the highest mean log-probability, the first of equals."""
    chats, texts, done, counts = [], [], [], []
    for number, draft in enumerate(drafts):
        prefix = draft.text + (said[number] if said else "")
        unique = list(dict.fromkeys(draft.candidates))
        counts.append(unique)
        for text, ended in unique:
            chats.append(as_messages(draft.problem, template, system, prefix))
            texts.append(text)
            done.append(ended)
    means = iter([fmean(logps) if logps else float("-inf") for logps in model.score(chats, texts, done)])
    for draft, unique in zip(drafts, counts, strict=True):
        scores = [next(means) for _ in unique]
        draft.take(draft.candidates.index(unique[scores.index(max(scores))]) if unique else 0)


def estimate(counts: dict[str, Any], params: dict[str, Any]) -> dict[str, int]:
    """For a dry run: new traces, and at most so many samples and tokens."""
    samples = counts["problems"] * params["k"] * params["most_steps"]
    traces = counts.get("traces", 0) + counts["problems"]
    return {"traces": traces, "samples": samples, "max_tokens": samples * params["step_tokens"]}
