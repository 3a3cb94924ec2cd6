"""HumanEval: 164 Python functions to write, with unit tests (arXiv 2107.03374)."""

from __future__ import annotations

from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, report_bad, rows_of, text_of, unique
from limbeck.records import Data, Problem
from limbeck.tables import BadRows, Row
from limbeck.texts.questions import problem_id
from limbeck.types import InputFile


def humaneval(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    ctx: Context | None = None,
) -> Data:
    """HumanEval: signature and docstring in, a function that passes ``check(candidate)`` out.

    The question is the prompt, ``meta`` holds ``entry_point``, ``prompt``, ``test`` and
    ``canonical_solution`` for `verifiers/unit_tests`. There is no reference answer.

    Args:
        path: a local file as OpenAI publishes it, gzip allowed; empty reads ``openai/openai_humaneval`` from
            the Hub.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    columns = ["task_id", "prompt", "entry_point", "test"]

    def build(number: int, row: Row) -> Problem:
        prompt = text_of(row, "prompt")
        kept = {name: row.get(name) for name in (*columns, "canonical_solution")}
        return Problem(
            id=problem_id(prompt),
            question=prompt,
            answer=None,
            verifier="unit_tests",
            source="humaneval",
            split="test",
            meta={**kept, "row": number},
        )

    bad = BadRows()
    rows = rows_of(path, "openai/openai_humaneval", bad, split="test")
    data = Data(unique(convert(rows, columns, build, path or "openai_humaneval", bad), bad))
    report_bad(bad, ctx)
    return data
