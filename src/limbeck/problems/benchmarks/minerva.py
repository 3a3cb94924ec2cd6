"""Undergraduate science problems from MIT courses (Lewkowycz et al., arXiv 2206.14858)."""

from __future__ import annotations

from limbeck.pipeline.context import Context
from limbeck.problems.ops import alternatives, benchmark
from limbeck.records import Data
from limbeck.types import InputFile


def minerva(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    ctx: Context | None = None,
) -> Data:
    """Minerva: 272 science problems; an answer may be written in several ways.

    Args:
        path: a local file with ``problem`` and ``answer`` (text or a list of equivalent spellings); empty
            reads ``math-ai/minervamath`` from the Hub.

    Returns:
        Problems whose answer is the first spelling; where there are several, ``meta["answers"]`` has them
        all.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    return benchmark(
        "minerva",
        path,
        "math-ai/minervamath",
        columns=("problem", "answer"),
        hub_columns=("question", "answer"),
        clean=alternatives,
        ctx=ctx,
    )
