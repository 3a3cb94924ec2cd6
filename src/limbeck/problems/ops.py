"""What the methods of this room share: rows from files or the Hub, rows turned into problems."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from limbeck.errors import LimbeckError, missing_extra, nearest
from limbeck.pipeline.context import Context
from limbeck.pipeline.hub import need
from limbeck.records import Data, Problem
from limbeck.tables import BadRows, Row, read_rows
from limbeck.texts.questions import problem_id

Record = TypeVar("Record")


def rows_of(path: str, hub: str, bad: BadRows, *, config: str = "", split: str = "train") -> Iterator[Row]:
    """Rows of a local file or, when ``path`` is empty, of a data set on the Hugging Face Hub, streamed.

    Raises:
        LimbeckError: the file is missing or unreadable; `datasets` is not installed; the Hub cannot be
            reached.
    """
    if path:
        yield from read_rows(path, bad)
        return
    need(hub, "datasets", cacheable=False)
    try:
        from datasets import load_dataset
    except ImportError:
        raise missing_extra("datasets", "data", f"reading {hub} from the Hub") from None
    try:
        yield from load_dataset(hub, config or None, split=split, streaming=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise LimbeckError(
            f"cannot read {hub} (split {split!r}) from the Hub: {error}; give a local path"
        ) from error


def text_of(row: Row, column: str) -> str:
    """The text in a column.

    Raises:
        ValueError: the column is null, blank or not text: this row is bad, the run goes on.
    """
    value = row.get(column)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"column {column!r} holds no text but {value!r:.60}")
    return value


def need_columns(row: Row, columns: Iterable[str], where: str) -> None:
    """Raise a LimbeckError unless a row (the first of a file) has all columns, naming the nearest it has."""
    for column in columns:
        if column not in row:
            raise LimbeckError(f"{where} has no column {column!r}{nearest(column, row)}")


def convert(
    rows: Iterable[Row], columns: list[str], build: Callable[[int, Row], Record], where: str, bad: BadRows
) -> Iterator[Record]:
    """``build(row number, row)`` for every row; a row that `build` refuses with ValueError is counted as bad.

    Raises:
        LimbeckError: the first row lacks one of ``columns``, or no row at all could be used.
    """
    made = 0
    for number, row in enumerate(rows):
        if number == 0:
            need_columns(row, columns, where)
        try:
            record = build(number, row)
        except (ValueError, KeyError) as error:
            why = f"no column {error}" if isinstance(error, KeyError) else error
            bad.add(f"{where} row {number + 1}", why)
            continue
        made += 1
        yield record
    if not made:
        raise LimbeckError(f"{where}: {bad.summary() if bad.count else 'no rows'}")


def report_bad(bad: BadRows, ctx: Context | None) -> None:
    """Tell of bad rows: in the stage's manifest, or as a warning outside of a pipeline."""
    if bad.count and ctx is not None:
        ctx.log(bad.summary())
    elif bad.count:
        logging.getLogger("limbeck").warning(bad.summary())


def benchmark(
    name: str,
    path: str,
    hub: str,
    *,
    columns: tuple[str, str],
    ctx: Context | None,
    config: str = "",
    split: str = "test",
    labelled: str = "test",
    hub_columns: tuple[str, str] | None = None,
    clean: Callable[[Any], tuple[str, dict[str, Any]]] | None = None,
) -> Data:
    """Problems of an evaluation set, one per row, source and split set; other columns go to ``meta``.

    Args:
        columns: those with the question and with the reference answer, in local files.
        split: the split of the Hub data set; ``labelled`` is what the problems' own split is called.
        hub_columns: what a Hub row calls the two columns, where it differs.
        clean: turns the answer's value into the reference and what ``meta`` should keep of it.
    """
    question, answer = hub_columns if hub_columns and not path else columns

    def build(number: int, row: Row) -> Problem:
        text = text_of(row, question)
        reference, kept = (clean or plain_answer)(row[answer])
        meta = {key: value for key, value in row.items() if key not in (question, answer)}
        return Problem(
            id=problem_id(text),
            question=text,
            answer=reference,
            verifier="math",
            source=name,
            split=labelled,
            meta={**meta, **kept, "row": number},
        )

    bad = BadRows()
    rows = rows_of(path, hub, bad, config=config, split=split)
    data = Data(unique(convert(rows, [question, answer], build, path or hub, bad), bad))
    report_bad(bad, ctx)
    return data


def plain_answer(value: Any) -> tuple[str, dict[str, Any]]:
    """``142.0`` becomes ``142``, text loses blanks at its ends.

    Raises:
        ValueError: there is no answer.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or isinstance(value, bool | list | dict) or not str(value).strip():
        raise ValueError(f"no reference answer but {value!r:.60}")
    return str(value).strip(), {}


def unique(problems: Iterable[Problem], bad: BadRows) -> list[Problem]:
    """The first problem of each id; a question that comes again is counted as a bad row."""
    known: dict[str, Problem] = {}
    for problem in problems:
        if problem.id in known:
            bad.add(f"question {problem.question[:40]!r}", "comes a second time")
        else:
            known[problem.id] = problem
    return list(known.values())


def alternatives(value: Any) -> tuple[str, dict[str, Any]]:
    """The first of several spellings of one answer, all of them kept under ``answers``.

    Raises:
        ValueError: there is no answer.
    """
    if not isinstance(value, list):
        return plain_answer(value)
    spellings = list(dict.fromkeys(plain_answer(spelling)[0] for spelling in value))
    if not spellings:
        raise ValueError("the list of reference answers is empty")
    return spellings[0], {"answers": spellings} if len(spellings) > 1 else {}
