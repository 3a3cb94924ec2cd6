"""A model that first says the question in its own words, and then answers it."""

from __future__ import annotations

from typing import Any

from limbeck.decoding.prompt._steps import TwoSteps, twice
from limbeck.generation import Model
from limbeck.pipeline.estimates import Counts
from limbeck.texts.templates import check_fields, fill
from limbeck.types import Count

ASK = (
    "{question}\n\nSay this question anew, with everything spelt out that is needed to answer it well. Keep "
    "all that it says, and do not answer it."
)
ANSWER = "The question: {question}\n\nThe same in other words: {rephrased}\n\nAnswer the question."
WHERE = "decoding/rephrased"


def rephrased(*, model: Model, ask: str = "", answer: str = "", max_rephrased: Count = 1024) -> Model:
    """Rephrase and respond in two requests (RaR, arXiv 2311.04205).

    In one request it is a template of the evaluation's or teacher's: ``{question}``, and that it be rephrased
    and then answered.

    Args:
        model: rephrases and answers.
        ask: the first request, with ``{question}``; empty takes ``ASK``.
        answer: the second one, with ``{rephrased}`` and maybe ``{question}``; empty takes ``ANSWER``.
        max_rephrased: most new tokens of the first reply; a sample that reaches it is cut off.

    Returns:
        A model whose completions are answers, with the tokens of both replies.

    Raises:
        LimbeckError: a template without its field.
    """
    precheck({"ask": ask, "answer": answer})
    first, second = ask or ASK, answer or ANSWER
    return TwoSteps(
        model,
        lambda question: fill(first, question=question),
        lambda question, reply: fill(second, question=question, rephrased=reply),
        max_rephrased,
        procedure="rephrase and respond",
    )


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    check_fields(given["ask"] or ASK, ("question",), WHERE)
    check_fields(given["answer"] or ANSWER, ("rephrased",), WHERE)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: two requests for each sample."""
    return twice(counts, params["ask"] or ASK, params["max_rephrased"])
