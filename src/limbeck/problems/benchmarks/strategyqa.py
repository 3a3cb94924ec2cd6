"""Yes-or-no questions whose steps are not in the question (Geva et al., arXiv 2101.02235)."""

from __future__ import annotations

from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks._asked import Asked, asked
from limbeck.problems.ops import text_of
from limbeck.records import Data
from limbeck.tables import Row
from limbeck.types import InputFile


def strategyqa(
    *, path: InputFile, facts: bool = False, split: str = "dev", ctx: Context | None = None
) -> Data:
    """StrategyQA: questions answered with yes or no, with facts, sub-questions and evidence in ``meta``.

    Args:
        path: a file with ``question`` and ``answer`` (true or false), as the data set's authors publish it.
        facts: whether the question begins with the facts that lead to its answer, one a line.
        split: what the problems' split is called.

    Returns:
        Problems of verifier ``yes_no``.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """

    def make(row: Row) -> Asked:
        if not isinstance(row["answer"], bool):
            raise ValueError(f"the answer is true or false, not {row['answer']!r:.40}")
        given = [str(fact) for fact in row.get("facts") or []] if facts else []
        return Asked(
            "\n".join([*given, text_of(row, "question").strip()]), "yes" if row["answer"] else "no", {}
        )

    return asked("strategyqa", path, ["question", "answer"], make, verifier="yes_no", split=split, ctx=ctx)
