"""Questions that lack a premise, and the ones they were made from (Fan et al., arXiv 2504.06514)."""

from __future__ import annotations

from typing import Literal

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.problems.ops import plain_answer, report_bad, rows_of
from limbeck.records import Data, Problem
from limbeck.tables import BadRows, Row
from limbeck.texts.questions import problem_id
from limbeck.types import InputFile


def missing_premises(
    *,
    path: InputFile,
    posed: Literal["ill", "well"] = "ill",
    split: str = "test",
    ctx: Context | None = None,
) -> Data:
    """MiP: word problems from which a premise was taken, so that nothing can be computed.

    Rows may be of several models; each question is taken once.

    Args:
        path: rows with ``insufficient_question``, ``question`` and ``answer``, as github.com/tianyi-lab/
            MiP-Overthinking publishes them.
        posed: ``ill`` asks without the premise: problems of verifier ``abstention`` that have no answer, so
            that whoever gives one is wrong about the question and not about a number; ``well`` asks with it.

    Returns:
        Problems with ``meta["asked_whole"]``, the id of the question with its premise where the row has it,
        and ``meta["dataset"]``.

    Raises:
        LimbeckError: the file is missing, or no row has such a question. Bad rows are counted.
    """
    bad = BadRows()
    problems: dict[str, Problem] = {}
    for number, row in enumerate(rows_of(path, "", bad)):
        try:
            problem = _problem(row, posed, split)
        except ValueError as error:
            bad.add(f"{path} row {number + 1}", error)
            continue
        if problem is not None:
            problems.setdefault(problem.id, problem)
    if not problems:
        raise LimbeckError(
            f"{path}: no row has an insufficient_question{f'; {bad.summary()}' * bool(bad.count)}"
        )
    report_bad(bad, ctx)
    return Data(list(problems.values()))


def _problem(row: Row, posed: str, split: str) -> Problem | None:
    """A row's question; None for a row that has none of that kind."""
    lacking, whole = row.get("insufficient_question"), row.get("question")
    text = lacking if posed == "ill" else whole
    if not isinstance(lacking, str) or not isinstance(text, str) or not text.strip():
        return None
    meta = {"dataset": row.get("dataset")}
    if isinstance(whole, str):
        meta["asked_whole"] = problem_id(whole)
    answer = None
    if posed == "well":
        worked, _ = plain_answer(row.get("answer"))
        answer = worked.rpartition("####")[2].strip()
    return Problem(
        id=problem_id(text),
        question=text,
        answer=answer,
        verifier="abstention" if posed == "ill" else "math",
        source="missing_premises",
        split=split,
        meta=meta,
    )
