"""Problems, and traces if there are any, from a file of rows with columns of your own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, report_bad, rows_of
from limbeck.records import Data, Problem, Trace
from limbeck.tables import BadRows, Row
from limbeck.texts.questions import normalise
from limbeck.texts.traces import split_text
from limbeck.types import InputFile

if TYPE_CHECKING:
    from limbeck.shapes.reading import Reader


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

    What stands in the named columns is read as `problems/imported` reads it: texts or chats, references as
    numbers or texts, one response or a list. Rows with the same question are one problem: with ``response``,
    each of them adds a trace.

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
    given = {"question": question, "reference": answer, "response": response}
    columns = {role: name for role, name in given.items() if name}
    reader = _reader(columns, model, verifier, format)
    needed = list(columns.values())
    bad, data, seen = BadRows(), Data(), dict[str, Problem]()

    def build(number: int, row: Row) -> None:
        problem, traces, _ = reader.read(row, "", number)
        if answer and problem.answer is None:
            raise ValueError(f"no reference answer but {row[answer]!r:.60}")
        problem.source, problem.split = source or problem.source, split or problem.split
        for i, trace in enumerate(traces):
            trace.model = trace.model or model
            trace.id = f"{problem.id}#{trace.model or 'row'}-{number}" + (f"-{i}" if len(traces) > 1 else "")
        _add(data, seen, problem, traces)

    for _ in convert(rows_of(path, "", bad), needed, build, path, bad):
        pass
    report_bad(bad, ctx)
    return data


def _reader(columns: dict[str, str], model: str, verifier: str, format: str) -> Reader:
    """What reads rows whose columns have these roles; by name it tells only ``source`` and ``split``."""
    from limbeck.shapes.reading import Reader
    from limbeck.shapes.roles import Roles

    named = {"source": "source", "split": "split", "writer": model, **columns}
    roles: dict[str, tuple[str, ...]] = {role: (name,) for role, name in named.items() if name}
    return Reader(Roles(roles, used=frozenset(named.values())), verifier, format)


def _add(data: Data, seen: dict[str, Problem], problem: Problem, traces: list[Trace]) -> None:
    """A row's problem, if it is new, and its traces.

    Raises:
        ValueError: the question comes again without a response, or with another reference.
    """
    known = seen.setdefault(problem.id, problem)
    if known is problem:
        data.problems.append(problem)
    elif not traces or known.answer != problem.answer:
        how = "another reference answer" if traces else "no response"
        raise ValueError(f"question {normalise(problem.question)[:40]!r} comes again with {how}")
    data.traces += traces
