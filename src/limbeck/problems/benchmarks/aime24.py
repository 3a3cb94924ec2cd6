"""The American Invitational Mathematics Examination of 2024."""

from __future__ import annotations

from limbeck.pipeline.context import Context
from limbeck.problems.ops import benchmark
from limbeck.records import Data
from limbeck.types import InputFile


def aime24(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    ctx: Context | None = None,
) -> Data:
    """AIME 2024: 30 problems, answers are integers from 0 to 999.

    Args:
        path: a local file with ``problem`` and ``answer``; empty reads
            ``HuggingFaceH4/aime_2024`` from the Hub.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    return benchmark(
        "aime24",
        path,
        "HuggingFaceH4/aime_2024",
        columns=("problem", "answer"),
        split="train",
        ctx=ctx,
    )
