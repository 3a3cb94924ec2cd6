"""The answer must be right, and the findings that lead to it must stand in the response."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from limbeck.drawing import Drawing
from limbeck.generation import Completion, Model
from limbeck.judging import rubrics
from limbeck.judging.asking import Ask, ask
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Problem, Trace, Verdict
from limbeck.types import Count, Verifier


def checklist(
    problem: Problem,
    trace: Trace,
    *,
    model: Model,
    verifier: Verifier,
    votes: Count = 3,
    reference: bool = False,
    template: str = "",
    drawing: Drawing = Drawing(temperature=0.7, top_p=1.0, max_tokens=4096),
) -> Verdict | Future[Verdict]:
    """Correct where the answer is, and each required item of the problem's checklist too, by majority.

    Process-aware accuracy of DocPuzzle (arXiv 2502.17807): a lucky guess fails. The checklist is
    ``meta["rubric"]``, as `curation/graded` reads it; an item holds where the median of the votes gives it
    all its points. Votes that cannot be read count for neither side.

    Args:
        verifier: of the answer; what it does not call ``correct`` is its verdict, and no judge is asked.
        votes: replies per trace.
        reference: show the judge the reference answer.
        template: as of `curation/graded`.

    Returns:
        ``extracted`` is a digit for each item, 1 where it holds; the score the share of required items that
        do. ``unknown`` where half of the votes or more cannot be read, or the problem has no checklist.

    Raises:
        LimbeckError: a template without ``{trace}`` or ``{scheme}``, or a checklist that is none.
    """
    rubrics.check_template(template, "verifiers/checklist")
    items = rubrics.items_of(problem)
    if not items:
        return Verdict("checklist", "unknown", reason=f"no checklist in meta[{rubrics.FIELD!r}]")
    answered = verifier(problem, trace)
    answered = answered if isinstance(answered, Verdict) else answered.result()
    if answered.outcome != "correct":
        return Verdict("checklist", answered.outcome, reason=f"the answer: {answered.reason}"[:300])

    def then(replies: list[Completion]) -> Verdict:
        marks = [points for reply in replies if (points := rubrics.read(reply, items)) is not None]
        if 2 * len(marks) <= votes:
            return Verdict("checklist", "unknown", reason=f"{len(marks)} of {votes} votes can be read")
        points = rubrics.settled(marks)
        hold = [value == item.points for value, item in zip(points, items, strict=True)]
        needed = [good for good, item in zip(hold, items, strict=True) if item.required]
        lacking = next((item for good, item in zip(hold, items, strict=True) if item.required > good), None)
        digits = "".join(str(int(good)) for good in hold)
        score = sum(needed) / len(needed) if needed else 1.0
        if lacking is not None:
            return Verdict("checklist", "wrong", digits, f"lacks: {lacking.text}"[:300], score)
        return Verdict("checklist", "correct", digits, f"answer and {len(needed)} findings", score)

    chat = rubrics.asked(problem, trace, items, template, reference)
    return ask(model, Ask(chat, drawing.sampling(votes), then))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    rubrics.check_template(given["template"], "verifiers/checklist")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: each trace is asked about ``votes`` times, whatever its answer."""
    each = prompt(counts, params["template"] or rubrics.TEMPLATE, trace=True)
    return asked(counts["traces"] * params["votes"], each, params["max_tokens"])
