"""Algebra word problems with five options (Ling et al., arXiv 1705.04146)."""

from __future__ import annotations

from typing import Literal

from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks._asked import Asked, asked, lettered
from limbeck.problems.ops import text_of
from limbeck.records import Data
from limbeck.tables import Row
from limbeck.types import InputFile


def aqua(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    split: Literal["train", "validation", "test"] = "test",
    ctx: Context | None = None,
) -> Data:
    """AQuA-RAT: 254 test problems, answered with the letter of one of five options.

    Args:
        path: a local file with ``question``, ``options`` and ``correct``; empty reads ``deepmind/aqua_rat``
            from the Hub.
        split: which Hub split to read, and what the problems' split is called.

    Returns:
        Problems of verifier ``choice``; the worked solution is in ``meta["rationale"]``.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """

    def make(row: Row) -> Asked:
        lines, letter, options = lettered(row["options"], row["correct"])
        return Asked(f"{text_of(row, 'question').strip()}\n{lines}", letter, {"options": options})

    return asked(
        "aqua",
        path,
        ["question", "options", "correct"],
        make,
        verifier="choice",
        split=split,
        ctx=ctx,
        hub="deepmind/aqua_rat",
        config="raw",
    )
