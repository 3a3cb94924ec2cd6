"""Questions on tables of financial reports and the text around them (Zhu et al., arXiv 2105.07624)."""

from __future__ import annotations

import json
from typing import Any

from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, report_bad, rows_of, text_of
from limbeck.records import Data, Problem, Trace
from limbeck.tables import BadRows, Row
from limbeck.texts.questions import problem_id
from limbeck.types import InputFile

VERIFIERS = {"arithmetic": "number", "count": "number", "span": "exact", "multi-span": "listed"}
"""What checks an answer of each type."""


def tatqa(
    *,
    path: InputFile,
    types: tuple[str, ...] = ("arithmetic", "count"),
    derivations: bool = True,
    split: str = "validation",
    ctx: Context | None = None,
) -> Data:
    """TAT-QA: 278 tables with text around them and 1,668 questions, of which 750 want a number.

    Args:
        path: the data set's own file: contexts with ``table``, ``paragraphs`` and ``questions``; gzip
            allowed.
        types: of answers: ``arithmetic``, ``count``, ``span``, ``multi-span``.
        derivations: add the annotator's derivation as a trace, where there is one.
        split: what the problems' split is called.

    Returns:
        Problems whose question is the table as Markdown, the paragraphs and what is asked; a number's unit is
        asked for as ``scale`` says. The table is in ``meta["table"]``.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    bad, data, seen = BadRows(), Data(), set[str]()

    def build(number: int, row: Row) -> list[tuple[Problem, str]]:
        table, paragraphs = row["table"]["table"], row["paragraphs"]
        text = "\n\n".join([_markdown(table), *(text_of(each, "text") for each in paragraphs)])
        wanted = [each for each in row["questions"] if each.get("answer_type") in types]
        return [_asked(each, text, table, split) for each in wanted]

    columns = ["table", "paragraphs", "questions"]
    for problems in convert(rows_of(path, "", bad), columns, build, path, bad):
        for problem, derivation in problems:
            if problem.id in seen:
                continue
            seen.add(problem.id)
            data.problems.append(problem)
            if derivations and derivation:
                data.traces.append(_derived(problem, derivation))
    report_bad(bad, ctx)
    return data


def _asked(row: Row, text: str, table: list[list[str]], split: str) -> tuple[Problem, str]:
    kind, scale, answer = row["answer_type"], row.get("scale") or "", row["answer"]
    unit = f" (in {scale})" if scale and kind in ("arithmetic", "count") else ""
    question = f"{text}\n\n{text_of(row, 'question').strip()}{unit}"
    single = answer[0] if isinstance(answer, list) and len(answer) == 1 else answer
    problem = Problem(
        id=problem_id(question),
        question=question,
        answer=single if isinstance(single, str) else json.dumps(single, ensure_ascii=False),
        verifier=VERIFIERS[kind],
        source="tatqa",
        split=split,
        meta={"table": table, "scale": scale, "answer_type": kind, "uid": row.get("uid")},
    )
    return problem, str(row.get("derivation") or "").strip()


def _derived(problem: Problem, derivation: str) -> Trace:
    name = f"{problem.id}#annotator-0"
    return Trace(
        id=name, problem_id=problem.id, reasoning=derivation, answer=problem.answer or "", model="annotator"
    )


def _markdown(table: Any) -> str:
    lines = [" | ".join(str(cell).replace("|", "/") for cell in row) for row in table]
    lines.insert(1, " | ".join(["---"] * len(table[0])))
    return "\n".join(f"| {line} |" for line in lines)
