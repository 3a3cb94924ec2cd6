"""Passages in front of the question."""

from __future__ import annotations

from typing import Any

from limbeck.errors import LimbeckError
from limbeck.records import Data
from limbeck.texts.shown import asked, passages_of
from limbeck.texts.templates import fill
from limbeck.types import CountOrNone


def shown(
    data: Data, *, most: CountOrNone = 0, each: str = "{text}", between: str = "\n", template: str = ""
) -> Data:
    """Ask each question behind the passages that were looked up for it.

    The problem keeps its id and its answer, so that what is trained, tested and compared is the same
    question with and without. ``meta["asked"]`` keeps the question alone; shown again, it is that one which
    is asked behind other passages.

    Args:
        most: passages shown of those in ``meta["passages"]``, the first ones; 0 for all.
        each: how a passage is written: ``{text}``, ``{number}`` (from 1), ``{document}``, ``{id}``.
        between: what parts them.
        template: of the question: ``{passages}`` and ``{question}``; empty sets a blank line between them.

    Returns:
        The problems; one without passages is asked as it was.

    Raises:
        LimbeckError: a template without its places.
    """
    for problem in data.problems:
        told = passages_of(problem)[: most or None]
        question = asked(problem)
        if told:
            lines = [_written(each, number, passage) for number, passage in enumerate(told, 1)]
            whole = template or "{passages}\n\n{question}"
            problem.meta = {**problem.meta, "asked": question}
            text = between.join(lines)
            problem.question = fill(whole, question=question, passages=text)
    return data


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned.

    Raises:
        LimbeckError: a template without its places.
    """
    template, each = given["template"], given["each"]
    for place in ("{passages}", "{question}"):
        if template and place not in template:
            raise LimbeckError(f"knowledge/shown: template={template!r} has no {place}")
    if "{text}" not in each:
        raise LimbeckError(f"knowledge/shown: each={each!r} has no {{text}}")


def _written(each: str, number: int, passage: dict[str, Any]) -> str:
    names = {name: str(passage.get(name, "")) for name in ("text", "document", "id")}
    return fill(each, number=str(number), **names)
