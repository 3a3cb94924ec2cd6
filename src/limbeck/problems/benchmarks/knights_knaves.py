"""Knights and knaves in English (Xie et al., arXiv 2410.23123), as Logic-RL's files have them too."""

from __future__ import annotations

from typing import Literal

from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks._asked import Asked, asked
from limbeck.problems.ops import text_of
from limbeck.records import Data
from limbeck.tables import Row
from limbeck.types import InputFile


def knights_knaves(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    people: int = 5,
    split: Literal["train", "test"] = "test",
    ctx: Context | None = None,
) -> Data:
    """Knights and knaves: who of two to eight people speaks the truth, who lies? Statements in ``meta`` for
    ``roles``.

    Args:
        path: a local file with ``quiz``, ``names``, ``solution_text_format`` and ``statements``; empty reads
            ``K-and-K/knights-and-knaves`` from the Hub.
        people: how many people the Hub's puzzles have.
        split: which Hub set to read, and what the problems' split is called.

    Returns:
        Problems of verifier ``roles`` whose answer has a line ``(1) Zoey is a knight`` for each person.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """

    def make(row: Row) -> Asked:
        if not isinstance(row["names"], list) or not isinstance(row["statements"], str | list):
            raise ValueError("'names' is a list and 'statements' nested tuples")
        meta = {"names": [str(name) for name in row["names"]], "statements": row["statements"]}
        return Asked(text_of(row, "quiz").strip(), text_of(row, "solution_text_format").strip(), meta)

    columns = ["quiz", "names", "solution_text_format", "statements"]
    return asked(
        "knights_knaves",
        path,
        columns,
        make,
        verifier="knave_roles",
        split=split,
        ctx=ctx,
        hub="K-and-K/knights-and-knaves",
        config=split,
        hub_split=f"{people}ppl",
    )
