"""Problems, and traces if there are any, from a file of rows with columns of your own."""

from __future__ import annotations

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, plain_answer, report_bad, rows_of, text_of
from limbeck.records import Data, Problem, Trace
from limbeck.tables import BadRows, Row
from limbeck.texts.questions import normalise, problem_id
from limbeck.texts.traces import split_text
from limbeck.types import InputFile


def rows(
    *,
    path: InputFile,
    question: str = "question",
    answer: str = "answer",
    response: str = "",
    model: str = "",
    format: str = "plain",
    verifier: str = "math",
    source: str = "",
    split: str = "",
    ctx: Context | None = None,
) -> Data:
    """Problems from any JSONL, JSON, CSV or Parquet file; name its columns. Other columns go to ``meta``.

    Rows with the same question are one problem: with ``response``, each of them adds a trace.

    Args:
        path: a file or a glob, gzip allowed.
        question: the column with the question.
        answer: the column with the reference answer; empty where there is none.
        response: the column with a model's text; empty for problems alone.
        model: the column that names the writer; a text that is no column is taken as the writer's name.
        format: how a response is split into reasoning and answer (a file of `limbeck.formats`).
        verifier: what checks an answer to these problems.
        source: where the problems come from; empty takes a column ``source`` if there is one. ``split``
            likewise.

    Raises:
        LimbeckError: the file or a column is missing, or nothing in it can be read. Bad rows are counted.
    """
    if not question:
        raise LimbeckError("parameter 'question' names the column with the question; it is empty")
    split_text("", format)
    columns = [name for name in (question, answer, response) if name]
    bad, data, seen = BadRows(), Data(), dict[str, Problem]()

    def build(number: int, row: Row) -> None:
        text = text_of(row, question)
        reference, kept = plain_answer(row[answer]) if answer else (None, {})
        meta = {key: value for key, value in row.items() if key not in (*columns, "source", "split", model)}
        problem = Problem(
            id=problem_id(text),
            question=text,
            answer=reference,
            verifier=verifier,
            source=source or str(row.get("source") or ""),
            split=split or str(row.get("split") or ""),
            meta={**meta, **kept},
        )
        trace = None
        if response:
            writer = str(row.get(model) or model)
            trace = _trace(problem, number, text_of(row, response), writer, format)
        _add(data, seen, problem, trace)

    for _ in convert(rows_of(path, "", bad), columns, build, path, bad):
        pass
    report_bad(bad, ctx)
    return data


def _add(data: Data, seen: dict[str, Problem], problem: Problem, trace: Trace | None) -> None:
    """A row's problem, if it is new, and its trace.

    Raises:
        ValueError: the question comes again without a response, or with another reference.
    """
    known = seen.setdefault(problem.id, problem)
    if known is problem:
        data.problems.append(problem)
    elif trace is None or known.answer != problem.answer:
        how = "another reference answer" if trace else "no response"
        raise ValueError(f"question {normalise(problem.question)[:40]!r} comes again with {how}")
    data.traces += [trace] if trace else []


def _trace(problem: Problem, number: int, text: str, writer: str, format: str) -> Trace:
    reasoning, answer = split_text(text, format)
    return Trace(
        id=f"{problem.id}#{writer or 'row'}-{number}",
        problem_id=problem.id,
        reasoning=reasoning,
        answer=answer,
        format=format,
        model=writer,
    )
