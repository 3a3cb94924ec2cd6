"""A buffer of thought templates, filled problem by problem: one for each kind of problem that comes up."""

from __future__ import annotations

from typing import Any

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Problem
from limbeck.texts.messages import in_context
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.thought_templates import ABSTRACT, DISTIL, Distilled, Looking, ThoughtBuffer
from limbeck.texts.thought_templates import ThoughtTemplate as Template
from limbeck.types import Count, Index, Shards

WHERE = "teachers/thought_templates"


def thought_templates(
    data: Shards,
    *,
    model: Model,
    before: Index | None = None,
    looking: Looking = Looking(),
    abstract: str = "",
    max_tokens: Count = 2048,
    seed: int = 0,
    ctx: Context,
) -> Index:
    """Distil each unmarked problem, and solve and keep as a template what no template is like.

    The buffer manager of Buffer of Thoughts (arXiv 2406.04271). Problems come in their order, for a template
    serves those behind its own. A problem without one is solved by the coarse schema of its category; what
    the model makes of its solution is kept unless its description is like that of another template. All is
    written greedily, and no reference answer is seen. `decoding/thought_buffer` reads the buffer and never
    changes it: what is sampled depends on no other question.

    Args:
        before: a buffer to go on from; a stage that makes one. Empty begins with none.
        abstract: with ``{question}``, ``{distilled}`` and ``{solution}``; empty takes
            `limbeck.texts.thought_templates.ABSTRACT`.
        max_tokens: of each reply.

    Returns:
        ``ctx.dir/index``. How many problems found a template, and what became of the others, is told.

    Raises:
        LimbeckError: a template without its fields, unknown vectors, no unmarked problem, or none that led to
            a template where none was before.
    """
    precheck({"abstract": abstract, **{name: getattr(looking, name) for name in Looking.__struct_fields__}})
    problems = [problem for problem in data.all().problems if not problem.marks]
    if not problems:
        raise LimbeckError(f"{WHERE}: no problem is free of marks")
    buffer = ThoughtBuffer.open(before, looking) if before else ThoughtBuffer(looking)
    drawn = Sampling(temperature=0.0, top_p=1.0, max_tokens=max_tokens, seed=seed)
    writer = _Manager(model, buffer, drawn, abstract or ABSTRACT)
    with ctx.progress(len(problems)) as bar:
        for problem, reply in zip(problems, writer.distilled(problems), strict=True):
            writer.take(problem, reply)
            bar.advance(note=f"{len(buffer.templates)} templates")
    ctx.log(", ".join(f"{count:,} {what}" for what, count in writer.counted.items()))
    if not buffer.templates:
        raise LimbeckError(f"{WHERE}: no reply of {model.name!r} became a template")
    buffer.write(ctx.dir / "index")
    return Index(str(ctx.dir / "index"))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    Looking.of(given).check(WHERE)
    check_fields(given["abstract"] or ABSTRACT, ("question", "solution"), WHERE)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: each problem distilled; each of them solved and told anew, were all of a kind."""
    each = prompt(counts, params["distil"] or DISTIL)
    return asked(3 * counts["problems"], each, params["max_tokens"])


class _Manager:
    """Asks the model and keeps the buffer."""

    def __init__(self, model: Model, buffer: ThoughtBuffer, drawn: Sampling, abstract: str) -> None:
        self.model, self.buffer, self.drawn, self.abstract = model, buffer, drawn, abstract
        self.counted = dict.fromkeys(("with a template", "new", "like another", "unread", "failed"), 0)

    def distilled(self, problems: list[Problem]) -> list[Completion]:
        """What matters in each problem: this depends on no other one, so all are asked at once."""
        return self._asked(problems, [self.buffer.looking.asked(each.question) for each in problems])

    def take(self, problem: Problem, reply: Completion) -> None:
        """Look a problem up; solve it and keep a template where there is none."""
        self.counted[self._taken(problem, reply)] += 1

    def _taken(self, problem: Problem, reply: Completion) -> str:
        if reply.finish == "error":
            return "failed"
        told = Distilled.read(reply.text)
        if self.buffer.taken(told.task)[0] is not None:
            return "with a template"
        asks = self.buffer.looking.put(problem.question, told, told.generic)
        solution = self._asked([problem], [asks])[0]
        if solution.finish in ("error", "length"):
            return "failed"
        asks = fill(
            self.abstract, question=problem.question, distilled=told.text, solution=solution.text.strip()
        )
        template = Template.read(self._asked([problem], [asks])[0], problem.id)
        if template is None:
            return "unread"
        return "new" if self.buffer.add(template) else "like another"

    def _asked(self, problems: list[Problem], contents: list[str]) -> list[Completion]:
        chats = [in_context(each, text) for each, text in zip(problems, contents, strict=True)]
        return [replies[0] for replies in self.model.generate(chats, self.drawn)]
