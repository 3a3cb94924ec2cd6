"""MATH-500: the 500 test problems of MATH that Lightman et al. held out (arXiv 2305.20050)."""

from __future__ import annotations

from limbeck.pipeline.context import Context
from limbeck.problems.ops import benchmark
from limbeck.records import Data
from limbeck.types import InputFile


def math500(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    ctx: Context | None = None,
) -> Data:
    """MATH-500: 500 competition problems with a LaTeX answer.

    Args:
        path: a local file with ``problem`` and ``answer``; empty reads
            ``HuggingFaceH4/MATH-500`` from the Hub.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    return benchmark(
        "math500",
        path,
        "HuggingFaceH4/MATH-500",
        columns=("problem", "answer"),
        ctx=ctx,
    )
