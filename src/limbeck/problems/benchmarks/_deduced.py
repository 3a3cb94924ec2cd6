"""Logic-LM's files (arXiv 2305.12295) on theories in regular English: what ProntoQA and ProofWriter share."""

from __future__ import annotations

from limbeck.checkers.theories import decide
from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks._asked import Asked, asked, lettered
from limbeck.problems.ops import text_of
from limbeck.records import Data
from limbeck.tables import Row


def deduced(source: str, path: str, split: str, ctx: Context | None) -> Data:
    """Problems of verifier ``choice``; ``meta["derived"]`` is what facts and rules lead to.

    Empty where a sentence cannot be read; a problem of which the file says otherwise is marked
    ``not_derived``.

    Raises:
        LimbeckError: as `limbeck.problems.benchmarks._asked.asked`.
    """
    columns = ["context", "question", "options", "answer"]
    return asked(source, path, columns, _problem, verifier="choice", split=split, ctx=ctx)


def _problem(row: Row) -> Asked:
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
