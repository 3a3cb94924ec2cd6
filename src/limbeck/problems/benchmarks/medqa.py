"""MedQA with the options that ten models chose (Jin et al., arXiv 2009.13081; MedAgentsBench, 2503.07459)."""

from __future__ import annotations

from typing import Any

from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks._asked import Asked, asked, lettered
from limbeck.problems.ops import text_of
from limbeck.records import Data, Problem, Trace
from limbeck.tables import Row
from limbeck.types import InputFile


def medqa(*, path: InputFile, choices: bool = True, split: str = "test", ctx: Context | None = None) -> Data:
    """MedQA: 1,273 questions of medical examinations with four options, and the option that each model chose.

    Args:
        path: rows with ``question``, ``options`` (texts by letter), ``answer`` and, for ``choices``,
            ``predicted`` and ``completion_tokens`` (by model); gzip allowed.
        choices: add a trace for each model: the option alone, for its reasoning is not published. A model
            that chose none has an empty answer.
        split: what the problems' split is called.

    Returns:
        Problems of verifier ``choice``.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """

    def make(row: Row) -> Asked:
        options = row["options"]
        if not isinstance(options, dict) or sorted(options) != [chr(65 + n) for n in range(len(options))]:
            raise ValueError(f"options are texts by letter from A on, not {options!r:.60}")
        lines, letter, listed = lettered([options[each] for each in sorted(options)], row["answer"])
        return Asked(f"{text_of(row, 'question').strip()}\n{lines}", letter, {"options": listed})

    data = asked(
        "medqa", path, ["question", "options", "answer"], make, verifier="choice", split=split, ctx=ctx
    )
    for problem in data.problems:
        predicted, tokens = (problem.meta.pop(name, None) for name in ("predicted", "completion_tokens"))
        if choices and isinstance(predicted, dict):
            data.traces += _traces(problem, predicted, tokens if isinstance(tokens, dict) else {})
    return data


def _traces(problem: Problem, predicted: dict[str, Any], tokens: dict[str, Any]) -> list[Trace]:
    traces = []
    for model, choice in predicted.items():
        count = tokens.get(model)
        traces.append(
            Trace(
                id=f"{problem.id}#{model}-0",
                problem_id=problem.id,
                answer=str(choice or "").strip(),
                model=model,
                tokens=count if isinstance(count, int) and count >= 0 else None,
            )
        )
    return traces
