"""The AMC 12 problems of 2022 and 2023 that evaluations call AMC23."""

from __future__ import annotations

from limbeck.pipeline.context import Context
from limbeck.problems.ops import benchmark
from limbeck.records import Data
from limbeck.types import InputFile


def amc23(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    ctx: Context | None = None,
) -> Data:
    """AMC23: 83 problems with an integer answer, the set that REDI reports (arXiv 2505.24850).

    Args:
        path: a local file with ``problem`` and ``answer`` (``142.0`` is read as 142); empty reads
            ``AI-MO/aimo-validation-amc`` from the Hub.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    return benchmark(
        "amc23",
        path,
        "AI-MO/aimo-validation-amc",
        columns=("problem", "answer"),
        split="train",
        ctx=ctx,
    )
