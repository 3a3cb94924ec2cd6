"""OlympiadBench: open-ended mathematics in English, text only (He et al., arXiv 2402.14008)."""

from __future__ import annotations

from limbeck.pipeline.context import Context
from limbeck.problems.ops import alternatives, benchmark
from limbeck.records import Data
from limbeck.types import InputFile


def olympiad(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    ctx: Context | None = None,
) -> Data:
    """OlympiadBench: 675 olympiad problems; an answer may be a list of values or a tuple.

    Args:
        path: a local file with ``problem`` and ``answer`` (text or a list of equivalent spellings); empty
            reads ``Hothan/OlympiadBench`` from the Hub.

    Returns:
        Problems whose answer is the first spelling; ``meta["is_multiple_answer"]`` and ``meta["unit"]`` stay.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    return benchmark(
        "olympiad",
        path,
        "Hothan/OlympiadBench",
        columns=("problem", "answer"),
        config="OE_TO_maths_en_COMP",
        split="train",
        hub_columns=("question", "final_answer"),
        clean=alternatives,
        ctx=ctx,
    )
