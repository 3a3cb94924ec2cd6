"""A model that names the first wrong step of a solution, at once or by vote."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from limbeck.drawing import Drawing
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model
from limbeck.judging.asking import Ask, ask
from limbeck.judging.locating import NONE, TEMPLATE, label, majority, settled
from limbeck.judging.locating import asked as question_about
from limbeck.judging.replies import Voting
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.steps import Cutting


def first_error(
    problem: Problem,
    trace: Trace,
    *,
    model: Model,
    template: str = "",
    cutting: Cutting = Cutting(),
    voting: Voting = Voting(share=0.0),
    drawing: Drawing = Drawing(temperature=0.7, top_p=0.8, max_tokens=8192),
) -> Verdict | Future[Verdict]:
    """Ask a model which step of a trace is the first wrong one, once or several times, and take the majority.

    The task of ProcessBench (arXiv 2412.06559): one number, -1 for a solution without a mistake. Replies that
    name no step that is there, cut off or failed, are votes for nothing; a tie leaves the trace ``unknown``.

    Args:
        template: the question with ``{steps}``; further ``{question}`` and ``{fence}``, the code of the
            steps' tags; empty for one like the paper's.

    Returns:
        ``extracted`` is the first wrong step, counted from 0, and empty where none is; a trace without steps
        is ``unparsed``. The score is the share of votes that find no mistake.

    Raises:
        LimbeckError: a template without ``{steps}``, an unknown ``by``, no regular expression, votes or share
            out of range.
    """
    votes, share = voting.votes, voting.share
    if votes < 1 or not 0 <= share <= 1:
        raise LimbeckError(
            f"verifiers/first_error: votes={votes}, share={share}: a vote at least, a share of 0 to 1"
        )
    messages, count = question_about(problem, trace, template, cutting, "verifiers/first_error")
    if not count:
        return Verdict("first_error", "unparsed", reason="the trace has no steps")

    def then(replies: list[Completion]) -> Verdict:
        labels = [label(reply, count) for reply in replies]
        named, agreed = majority(labels)
        told = f"votes {', '.join('?' if step is None else str(step) for step in labels)}"
        if named is not None and agreed < share:
            return settled("first_error", None, f"{told}: no step has {share:.0%}")
        verdict = settled("first_error", named, told if named is not None else f"{told}: no majority")
        if named is None:
            return verdict
        return Verdict(
            "first_error", verdict.outcome, verdict.extracted, told, labels.count(NONE) / len(labels)
        )

    return ask(model, Ask(messages, drawing.sampling(votes), then))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: each trace is asked about ``votes`` times."""
    each = prompt(counts, params["template"] or TEMPLATE, trace=True)
    return asked(counts["traces"] * params["votes"], each, params["max_tokens"])
