"""A model that first takes out of a question what should not sway it, and answers what is left."""

from __future__ import annotations

from typing import Any

from limbeck.decoding.prompt._steps import TwoSteps, twice
from limbeck.generation import Model
from limbeck.pipeline.estimates import Counts
from limbeck.texts.templates import check_fields, fill
from limbeck.types import Count

ASK = (
    "Below is a text that somebody wrote to an assistant. Write it again with what a good answer needs, and "
    "without opinions, hints at an answer and everything else that has nothing to do with it. Keep what is "
    "asked as a question, and do not answer.\n\nText: {question}"
)
WHERE = "decoding/attended"


def attended(*, model: Model, ask: str = "", answer: str = "{kept}", max_kept: Count = 1024) -> Model:
    """Answer a question of which the model itself kept what matters (System 2 Attention, arXiv 2311.11829).

    The question as it was is not seen a second time: what stands in the context is attended to, wanted or
    not.

    Args:
        model: rewrites and answers.
        ask: the first request, with ``{question}``; empty takes ``ASK``.
        answer: the second one, with ``{kept}``.
        max_kept: most new tokens of the first reply; a sample that reaches it is cut off.

    Returns:
        A model whose completions are answers, with the tokens of both replies.

    Raises:
        LimbeckError: a template without its field.
    """
    precheck({"ask": ask, "answer": answer})
    first = ask or ASK
    return TwoSteps(
        model,
        lambda question: fill(first, question=question),
        lambda question, reply: fill(answer, question=question, kept=reply),
        max_kept,
        procedure="System 2 attention",
    )


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    check_fields(given["ask"] or ASK, ("question",), WHERE)
    check_fields(given["answer"], ("kept",), WHERE)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: two requests for each sample."""
    return twice(counts, params["ask"] or ASK, params["max_kept"])
