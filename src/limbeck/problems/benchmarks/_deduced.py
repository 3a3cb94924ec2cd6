"""Rows of Logic-LM's files on theories in regular English."""

from __future__ import annotations

from limbeck.problems.benchmarks._asked import Asked, lettered
from limbeck.problems.benchmarks._theories import decide
from limbeck.problems.ops import text_of
from limbeck.tables import Row

COLUMNS = ["context", "question", "options", "answer"]


def make(row: Row) -> Asked:
    """Context, question and options; marked where the rules do not lead to the answer.

    Raises:
        ValueError: a column of another kind.
    """
    lines, letter, options = lettered(row["options"], row["answer"])
    context, question = text_of(row, "context").strip(), text_of(row, "question").strip()
    right = options["ABCDEFGH".index(letter)].partition(") ")[2]
    try:
        derived = decide(context, question.rpartition("?")[2].strip())
    except ValueError:
        derived = ""
    meta = {"options": options, "context": context, "derived": derived}
    marks = ["not_derived"] if derived and derived != right else []
    return Asked(f"{context}\n\n{question}\n{lines}", letter, meta, marks)
