"""Analytical reasoning of the LSAT, from AGIEval (Zhong et al., arXiv 2304.06364)."""

from __future__ import annotations

from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks._asked import Asked, asked, lettered
from limbeck.problems.ops import text_of
from limbeck.records import Data
from limbeck.tables import Row
from limbeck.types import InputFile


def lsat_ar(*, path: InputFile, split: str = "test", ctx: Context | None = None) -> Data:
    """LSAT analytical reasoning: 230 questions on arrangements under conditions, with five options.

    Args:
        path: a file of AGIEval with ``passage``, ``question``, ``options`` and ``label``.
        split: what the problems' split is called.

    Returns:
        Problems of verifier ``choice``; ``constraints`` checks programs that answer them.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """

    def make(row: Row) -> Asked:
        lines, letter, options = lettered(row["options"], row["label"])
        question = f"{text_of(row, 'passage').strip()}\n\n{text_of(row, 'question').strip()}\n{lines}"
        return Asked(question, letter, {"options": options, "passage": row["passage"]})

    columns = ["passage", "question", "options", "label"]
    return asked("lsat_ar", path, columns, make, verifier="choice", split=split, ctx=ctx)
