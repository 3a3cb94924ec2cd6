"""Problems about traces: what the tasks of this room that ask for a judgement share."""

from __future__ import annotations

from typing import Any

from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.questions import problem_id
from limbeck.texts.traces import split_text


def task(about: Problem, question: str, answer: str, meta: dict[str, Any]) -> Problem:
    """A question about a problem's traces, of the problem's own source and split."""
    return Problem(
        id=problem_id(question),
        question=question,
        answer=answer,
        verifier="exact",
        source=about.source,
        split=about.split,
        meta=meta,
    )


def solved(problem: Problem, text: str, format: str, model: str) -> Trace:
    """A task's known answer, worked or bare, as a trace to learn from.

    Raises:
        LimbeckError: an unknown format.
    """
    reasoning, answer = split_text(text, format)
    return Trace(
        id=f"{problem.id}#{model}",
        problem_id=problem.id,
        reasoning=reasoning,
        answer=answer,
        format=format,
        model=model,
        finish="stop",
        verdicts=[Verdict("exact", "correct", answer, "taken from the judged traces")],
    )
