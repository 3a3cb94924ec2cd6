"""Chains of thought whose first mistake people marked (Tyen et al., arXiv 2311.08516)."""

from __future__ import annotations

from pathlib import Path

from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, report_bad, rows_of, text_of
from limbeck.records import Data, Outcome, Problem, Trace, Verdict
from limbeck.tables import BadRows, Row
from limbeck.texts.questions import problem_id
from limbeck.types import InputFile


def bigbench_mistake(*, path: InputFile, split: str = "test", ctx: Context | None = None) -> Data:
    """BIG-Bench Mistake: a chain of thought for each question, and the index of its first wrong step.

    Args:
        path: a task's rows with ``input``, ``steps``, ``answer``, ``target`` and ``mistake_index`` (null
            where no step is wrong), as github.com/WHGTyen/BIG-Bench-Mistake publishes them.

    Returns:
        Problems of verifier ``exact`` with ``meta["task"]``, the file's name; one trace each, its steps on
        lines, with a verdict ``steps``: ``wrong`` with the step, counted from 0, as ``extracted``, or
        ``correct``. `evaluation/first_error` holds verifiers of steps against it.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    bad, data = BadRows(), Data()
    columns = ["input", "steps", "answer", "target", "mistake_index"]
    task = Path(path).name.partition(".")[0].removeprefix("bigbench_mistake_")
    for problem, trace in convert(
        rows_of(path, "", bad), columns, lambda _, row: _read(row, task, split), path, bad
    ):
        data.problems.append(problem)
        data.traces.append(trace)
    report_bad(bad, ctx)
    return data


def _read(row: Row, task: str, split: str) -> tuple[Problem, Trace]:
    """Raises:
    ValueError: steps that are no texts, or an index that is none of theirs.
    """
    question, steps, index = text_of(row, "input"), row["steps"], row["mistake_index"]
    if not isinstance(steps, list) or not steps or not all(isinstance(step, str) for step in steps):
        raise ValueError(f"steps are a list of texts, not {steps!r:.60}")
    if index is not None and (isinstance(index, bool) or index not in range(len(steps))):
        raise ValueError(f"mistake_index={index!r}: one of {len(steps)} steps, or null")
    problem = Problem(
        id=problem_id(question),
        question=question,
        answer=str(row["target"]),
        verifier="exact",
        source="bigbench_mistake",
        split=split,
        meta={"task": task},
    )
    outcome: Outcome = "correct" if index is None else "wrong"
    told = Verdict("steps", outcome, "" if index is None else str(index), "marked by people")
    # A step is a line: blank lines and breaks inside one would make two of it.
    lines = "\n".join(" ".join(step.split()) for step in steps)
    return problem, Trace(
        id=f"{problem.id}#bigbench-0",
        problem_id=problem.id,
        reasoning=lines,
        answer=str(row["answer"]),
        model="palm-2",
        finish="stop",
        verdicts=[told],
    )
