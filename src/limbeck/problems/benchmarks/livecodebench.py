"""LiveCodeBench: contest problems by date, with hidden cases (arXiv 2403.07974)."""

from __future__ import annotations

from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, report_bad, rows_of, text_of, unique
from limbeck.records import Data, Problem
from limbeck.tables import BadRows, Row
from limbeck.texts.questions import problem_id
from limbeck.types import InputFile

_FUNCTION = "{content}\n\nComplete this code in Python, in one fenced block:\n\n```python\n{starter}\n```"
_PROGRAM = (
    "{content}\n\nWrite a Python program, in one fenced block, that reads standard input and prints the "
    "answer."
)


def livecodebench(
    *,
    path: InputFile = "",  # type: ignore[assignment]
    release: str = "v6",
    since: str = "",
    until: str = "",
    ctx: Context | None = None,
) -> Data:
    """Contest problems with public and private cases; those with starter code want a function, others a
    program.

    The verifier is `verifiers/unit_tests` or `verifiers/stdin_stdout`; both read the cases from ``meta``,
    where all columns of the row are kept. There is no reference answer.

    Args:
        path: a local JSON-lines file of ``code_generation_lite`` (``test6.jsonl``); empty reads
            ``lighteval/code_generation_lite`` from the Hub, the same rows without a loading script.
        release: which part of it, ``v1`` to ``v6``, or several as ``v5_v6``.
        since, until: only contests of these days and between, such as 2024-08-01.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    columns = ["question_content", "public_test_cases", "contest_date"]

    def build(number: int, row: Row) -> Problem:
        content, starter = text_of(row, "question_content"), str(row.get("starter_code") or "").strip()
        question = (_FUNCTION if starter else _PROGRAM).format(content=content.strip(), starter=starter)
        return Problem(
            id=problem_id(question),
            question=question,
            answer=None,
            source="livecodebench",
            split="test",
            verifier="unit_tests" if starter else "stdin_stdout",
            meta={**row, "row": number},
        )

    bad = BadRows()
    rows = rows_of(path, "lighteval/code_generation_lite", bad, config=release, split="test")
    problems = unique(convert(rows, columns, build, path or "code_generation_lite", bad), bad)
    report_bad(bad, ctx)
    kept = [problem for problem in problems if _within(str(problem.meta["contest_date"])[:10], since, until)]
    return Data(kept)


def _within(day: str, since: str, until: str) -> bool:
    return (not since or day >= since) and (not until or day <= until)
