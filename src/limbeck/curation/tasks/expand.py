"""More instructions of the kinds that a pool has, written by a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from limbeck.answers.json_text import last_value
from limbeck.drawing import Drawing
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem
from limbeck.texts.messages import as_messages, asked_id, context_of
from limbeck.texts.templates import check_fields, fill
from limbeck.types import Shards

TEMPLATE = (
    "Below stands one instruction from a set of training tasks. Write {count} new ones of the same type: the "
    "same skill and the same form of answer, but other content, other numbers and names, another setting, "
    "some a little easier and some harder. Each must be complete and answerable by itself. Do not answer "
    "any.\nReply with a JSON list of {count} strings and nothing else.\n\nInstruction:\n{question}"
)
MALFORMED = "malformed"


def expand(
    shards: Shards,
    *,
    model: Model,
    count: int = 3,
    k: int = 1,
    template: str = "",
    drawing: Drawing = Drawing(temperature=1.0, max_tokens=4096),
    ctx: Context,
) -> Iterator[Data]:
    """Show each unmarked problem as a seed and ask for new ones of its type (DistilQwen2.5, section 3).

    ArXiv 2504.15027; synthetic inputs of arXiv 2410.18588 are made so too. What a seed's earlier turns and
    system turn say holds for the new ones. Copies of the pool and of each other are left out by their
    spelling; `curation/near_duplicates` finds nearly equal ones, and `curation/where`, ``well_posed`` or a
    judge what is no good.

    Args:
        count: new instructions asked for in a request.
        k: requests for each seed.
        template: with ``{question}`` and ``{count}``; empty takes ``TEMPLATE``.

    Returns:
        The new problems alone, without an answer; ``meta["seed_id"]`` is the seed's id, ``meta["writer"]``
        the model's name. A reply that is no list of ``count`` texts at most is kept as a problem marked
        ``malformed``, ``truncated`` or ``error``, and counted.

    Raises:
        LimbeckError: no unmarked problem among some, a template without its fields, or every request failed.
    """
    text = template or TEMPLATE
    _check(text, count, k)
    problems = [problem for data in shards for problem in data.problems]
    seeds = [problem for problem in problems if not problem.marks]
    if problems and not seeds:
        raise LimbeckError(f"curation/expand: an empty pool: all {len(problems):,} instructions are marked")
    # By what is asked, for an imported pool has ids of its own.
    there = {asked_id(problem.question, context_of(problem)) for problem in problems}
    chats = [as_messages(seed, fill(text, count=str(count), question="{question}")) for seed in seeds]
    replies: dict[tuple[int, int], Completion] = {}
    with ctx.progress(len(seeds) * k) as bar:
        for index, number, reply in model.stream(chats, drawing.sampling(k)):
            replies[index, number] = reply
            bar.advance()
    made: dict[str, Problem] = {}
    copies = 0
    for index, number in sorted(replies):
        for problem in _made(seeds[index], number, replies[index, number], count, model.name):
            copies += problem.id in there or problem.id in made
            if problem.id not in there:
                made.setdefault(problem.id, problem)
    _tell(ctx, list(replies.values()), made, copies)
    yield Data(list(made.values()))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(given["template"] or TEMPLATE, given["count"], given["k"])


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: the most new problems, and what the requests cost."""
    requests = counts["problems"] * params["k"]
    each = prompt(counts, params["template"] or TEMPLATE)
    return {
        "problems": requests * params["count"],
        "traces": 0,
        **asked(requests, each, params["max_tokens"]),
    }


def _check(template: str, count: int, k: int) -> None:
    check_fields(template, ("question", "count"), "curation/expand")
    if count < 1 or k < 1:
        raise LimbeckError(f"curation/expand: count={count}, k={k}: at least one of each")


def _made(seed: Problem, number: int, reply: Completion, count: int, writer: str) -> list[Problem]:
    """A reply's instructions, or the reply itself as a marked problem."""
    meta = {**context_of(seed), "seed_id": seed.id, "writer": writer}
    fresh = replace(seed, answer=None, meta=meta, marks=[])
    texts = last_value(reply.text, list) if reply.finish in ("stop", "unknown") else None
    if not (isinstance(texts, list) and 1 <= len(texts) <= count) or not all(map(_said, texts)):
        mark = {"length": "truncated", "error": "error"}.get(reply.finish, MALFORMED)
        return [
            replace(fresh, id=f"{seed.id}/{mark}-{number}", question=reply.text or reply.error, marks=[mark])
        ]
    context = context_of(seed)
    stripped = [text.strip() for text in texts]
    return [replace(fresh, id=asked_id(text, context), question=text) for text in stripped]


def _said(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())


def _tell(ctx: Context, replies: list[Completion], made: dict[str, Problem], copies: int) -> None:
    failed = [reply.error for reply in replies if reply.finish == "error"]
    if replies and len(failed) == len(replies):
        raise LimbeckError(
            f"all {len(failed):,} requests failed; the first: {failed[0] or 'no reason given'}"
        )
    bad = sum(bool(problem.marks) for problem in made.values())
    ctx.log(
        f"{len(made) - bad:,} new instructions, {copies:,} copies left out; {bad:,} of {len(replies):,} "
        "replies in no form that was asked for"
    )
