"""Traces rewritten to the length that their problem's difficulty deserves."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.drawing import Drawing, Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Trace
from limbeck.teachers.ops import Writer, check
from limbeck.texts.messages import in_context
from limbeck.texts.tags import behind_thought
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import format_named, full_text
from limbeck.types import Settings

LEVELS = {
    "easy": "a few direct steps and the answer, without planning or checking",
    "medium": "a short analysis of what is asked and given, then the steps of the solution and the answer",
    "hard": "a plan, the key derivations in full, one check of the result, and the answer",
}
TEMPLATE = (
    "Problem:\n{question}\n\nA correct but long solution:\n\n{trace}\n\nFirst judge how difficult the "
    "problem is. Then rewrite the solution for a student, as short as that difficulty allows and without "
    "losing a step that the answer depends on:\n{levels}\nKeep the final answer exactly as it is written "
    "there. Your first line is `Difficulty: ` and one of {names}; the rewritten solution follows from the "
    "second line on, and nothing else."
)
LABEL = re.compile(r"\s*\W*difficulty\W+(\w+)[^\w\n]*\n?", re.I)
SUFFIX, FULL, UNLABELLED, NOT_SHORTER, OVER = "/rewritten", "full", "unlabelled", "not_shorter", "over_budget"


class Leveled(Settings, frozen=True):
    """What the teacher is asked, and what it may write.

    Args:
        system: a system message in place of the problem's own; empty keeps that.
        template: the user's message, with ``{question}`` and ``{trace}``; ``{levels}`` and ``{names}`` may
            stand in it.
        levels: how a solution of each difficulty is written, from the easiest on; empty takes ``LEVELS``.
        budgets: most characters of a rewriting by difficulty; one that is longer is marked.
    """

    system: str = ""
    template: str = TEMPLATE
    levels: dict[str, str] = {}  # noqa: RUF012 read as configuration, never changed
    budgets: dict[str, int] = {}  # noqa: RUF012

    def named(self) -> dict[str, str]:
        return self.levels or LEVELS


def by_difficulty(
    data: Data,
    *,
    model: Model,
    leveled: Leveled = Leveled(),
    drawing: Drawing = Drawing(temperature=0.0, top_p=1.0),
    format: str = "plain",
    ctx: Context,
) -> Data:
    """Have a teacher name each kept trace's difficulty and rewrite it accordingly, in one reply (DAP).

    Difficulty-aware prompting of LiteCoT, arXiv 2505.19716, section 3. A thought of the teacher's own before
    its reply is no part of it.

    Args:
        format: how a rewriting is split into reasoning and answer, a name of ``formats/``.

    Returns:
        The data with ``ID/rewritten`` for each kept trace, which is marked ``full``;
        ``params["difficulty"]`` is the level. One without a level is marked ``unlabelled``, one no shorter
        than its parent ``not_shorter``, one longer than its level's budget ``over_budget``. None is
        verified: a verifier behind this stage says whose answer is still right. Levels, and characters before
        and after, are told.

    Raises:
        LimbeckError: an unknown format or level, a template without its fields, settings out of range, or
            every request failed.
    """
    sampling = drawing.sampling()
    _check(leveled, sampling)
    writer = Writer(model, format, sampling, data)
    problems, kept = data.problem_by_id(), data.kept()
    prompts = []
    for trace in kept:
        problem = problems[trace.problem_id]
        prompts.append(
            in_context(problem, _asked(leveled, problem.question, full_text(trace)), leveled.system)
        )
    made: dict[int, Trace] = {}
    with ctx.progress(len(kept)) as bar:
        for index, number, reply in model.stream(prompts, sampling):
            parent = kept[index]
            level, body = _read(reply.text, leveled)
            fresh = writer.trace(problems[parent.problem_id], number, _with_text(reply, body))
            made[index] = _judged(parent, fresh, level, leveled, writer)
            bar.advance(note=writer.rate())
    writer.close(ctx)
    _tell(ctx, kept, list(made.values()))
    sources = {trace.id for trace in kept}
    traces = [marked(trace, FULL) if trace.id in sources else trace for trace in data.traces]
    return Data(data.problems, [*traces, *(made[index] for index in sorted(made))], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(Leveled.of(given), Drawing.of(given).sampling())
    format_named(given["format"], "a teacher's format")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: one request for each trace."""
    traces = counts.get("traces", 0)
    each = prompt(counts, params["template"], params["system"], trace=True)
    return {"traces": 2 * traces, **asked(traces, each, params["max_tokens"])}


def _check(leveled: Leveled, sampling: Sampling) -> None:
    where = "teachers/by_difficulty"
    check_fields(leveled.template, ("question", "trace"), where)
    check(Prompting(), sampling)
    for name in leveled.named():
        if not re.fullmatch(r"\w+", name):
            raise LimbeckError(f"{where}: level {name!r} must be one word, for a reply begins with it")
    for name, most in leveled.budgets.items():
        if name not in leveled.named() or most < 1:
            raise LimbeckError(f"{where}: budgets {name}: {most}: levels are {', '.join(leveled.named())}")


def _asked(leveled: Leveled, question: str, text: str) -> str:
    levels = "".join(f"- {name}: {how}\n" for name, how in leveled.named().items())
    names = ", ".join(leveled.named())
    return fill(leveled.template, question=question, trace=text, levels=levels, names=names)


def _read(text: str, leveled: Leveled) -> tuple[str, str]:
    """The level that a reply names first, empty for none that there is, and what it says behind it."""
    # A thought before the label is the teacher's own, one behind it is the rewriting's.
    spoken = text if LABEL.match(text) else behind_thought(text)[1]
    label = LABEL.match(spoken)
    level = label[1].casefold() if label else ""
    names = {name.casefold(): name for name in leveled.named()}
    if label is None or level not in names:
        return "", spoken.strip()
    return names[level], spoken[label.end() :].strip()


def _with_text(reply: Completion, text: str) -> Completion:
    return replace(reply, text=text)


def _judged(parent: Trace, fresh: Trace, level: str, leveled: Leveled, writer: Writer) -> Trace:
    """The rewriting under its parent's name, with its level or what speaks against it."""
    length = len(full_text(fresh))
    why = [UNLABELLED] * (not level) + [NOT_SHORTER] * (length >= len(full_text(parent)))
    why += [OVER] * (length > leveled.budgets.get(level, length))
    params = {**fresh.params, **({"difficulty": level} if level else {})}
    named = replace(fresh, id=writer.free(parent.id + SUFFIX), parents=[parent.id], params=params)
    return named if fresh.marks else replace(named, marks=why)


def _tell(ctx: Context, kept: list[Trace], made: list[Trace]) -> None:
    levels = Counter(trace.params.get("difficulty", UNLABELLED) for trace in made)
    before, after = (sum(len(full_text(trace)) for trace in each) for each in (kept, made))
    named = ", ".join(f"{count:,} {level}" for level, count in levels.most_common())
    ctx.log(f"{len(made):,} rewritten ({named}), {before:,} characters to {after:,}; verify them before use")
