"""Solutions graded point by point, by several raters who do not see each other's marks."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import marked, replies
from limbeck.drawing import Drawing
from limbeck.errors import LimbeckError
from limbeck.generation import Model
from limbeck.judging import rubrics
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Trace
from limbeck.types import Count

MARK = "ungraded"


def graded(
    data: Data,
    *,
    model: Model,
    raters: Count = 1,
    name: str = "points",
    reference: bool = False,
    template: str = "",
    drawing: Drawing = Drawing(temperature=0.7, top_p=1.0, max_tokens=8192),
    ctx: Context,
) -> Data:
    """Have each kept trace graded by its problem's scheme, with partial credit (arXiv 2503.21934, section 2).

    The scheme is ``meta["rubric"]``: a list of items with ``text``, ``points`` (1 by default) and
    ``required``. Each rater gives every item points; an item's points are the median of the raters who can be
    read. Problems without a scheme are left as they are.

    Args:
        raters: replies per trace.
        name: what the points are called in ``scores``.
        reference: show the problem's answer, such as a reference proof.
        template: with ``{trace}`` and ``{scheme}``, and ``{question}``, ``{reference}``, ``{example}`` and
            ``{fence}``; empty takes the house's.

    Returns:
        The data; ``scores["points"]`` the sum, ``scores["points/0"]`` … each item's, ``scores["points/gap"]``
        the largest difference of two raters' sums. A trace whom half of the raters or more gave no readable
        marks is marked ``ungraded``.

    Raises:
        LimbeckError: a scheme that is none, a template without its fields, or every request failed.
    """
    rubrics.check_template(template, "curation/graded")
    problems = data.problem_by_id()
    schemes = {problem.id: rubrics.items_of(problem) for problem in data.problems}
    traces = [trace for trace in data.kept() if schemes.get(trace.problem_id)]
    chats = []
    for trace in traces:
        items = schemes[trace.problem_id]
        chats.append(rubrics.asked(problems[trace.problem_id], trace, items, template, reference))
    heard: dict[str, list[list[float]]] = defaultdict(list)
    for index, _, reply in replies(model, chats, drawing.sampling(raters), ctx):
        trace = traces[index]
        marks = rubrics.read(reply, schemes[trace.problem_id])
        if marks is not None:
            heard[trace.id].append(marks)
    done = {trace.id: _graded(trace, heard[trace.id], raters, name) for trace in traces}
    if lost := sum(MARK in trace.marks for trace in done.values()):
        ctx.log(f"{lost:,} of {len(traces):,} traces have no marks that can be read: {MARK}")
    return Data(data.problems, [done.get(trace.id, trace) for trace in data.traces], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    rubrics.check_template(given["template"], "curation/graded")
    if not given["name"]:
        raise LimbeckError("curation/graded: name is empty; the points need a name")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: ``raters`` replies for each trace."""
    each = prompt(counts, params["template"] or rubrics.TEMPLATE, trace=True)
    return asked(counts["traces"] * params["raters"], each, params["max_tokens"])


def _graded(trace: Trace, marks: list[list[float]], raters: int, name: str) -> Trace:
    if 2 * len(marks) <= raters:
        return marked(trace, MARK)
    points = rubrics.settled(marks)
    sums = [sum(each) for each in marks]
    each = {f"{name}/{at}": value for at, value in enumerate(points)}
    scores = {**trace.scores, name: sum(points), f"{name}/gap": max(sums) - min(sums), **each}
    return replace(trace, scores=scores)
