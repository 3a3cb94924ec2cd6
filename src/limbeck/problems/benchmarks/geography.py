"""Questions with a query as answer, in the layout of text2sql-data (Finegan-Dollak et al., arXiv
1806.09029)."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, report_bad, rows_of, unique
from limbeck.records import Data, Problem
from limbeck.tables import BadRows, Row
from limbeck.texts.questions import problem_id
from limbeck.types import InputFile


def geography(
    *,
    path: InputFile,
    database: InputFile,
    split: str = "",
    schema: bool = False,
    ctx: Context | None = None,
) -> Data:
    """GeoQuery: 877 questions on the geography of the United States and the SQL that answers them, for
    ``sql``.

    Any file of text2sql-data does: each row has ``sql``, equivalent queries of which the first is the
    reference, and ``sentences`` whose ``variables`` fill the text's and the query's names.

    Args:
        path: the JSON file.
        database: the SQLite file that the queries are about; its path is kept in ``meta["database"]``.
        split: keep questions of this ``question-split`` only; empty keeps all.
        schema: whether the question begins with the tables' ``CREATE TABLE`` statements.

    Raises:
        LimbeckError: a file is missing or cannot be read, or no row can be used. Bad rows are counted.
    """
    tables, bad = _schema(str(database)), BadRows()

    def build(number: int, row: Row) -> list[Problem]:
        queries, sentences = row["sql"], row["sentences"]
        if not isinstance(queries, list) or not queries or not isinstance(sentences, list):
            raise ValueError("'sql' is a list of queries and 'sentences' a list of questions")
        return [_problem(number, each, queries, tables, str(database), schema) for each in sentences]

    rows = convert(rows_of(path, "", bad), ["sql", "sentences"], build, path, bad)
    problems = (problem for made in rows for problem in made)
    data = Data(unique((problem for problem in problems if split in ("", problem.split)), bad))
    report_bad(bad, ctx)
    return data


def _problem(
    number: int, sentence: Any, queries: list[str], tables: str, database: str, schema: bool
) -> Problem:
    try:
        text, values = sentence["text"], sentence["variables"]
    except (KeyError, TypeError):
        raise ValueError(f"a sentence has 'text' and 'variables', not {sentence!r:.60}") from None
    question = fill(text, values)
    question = f"{tables}\n\n{question}" if schema else question
    return Problem(
        id=problem_id(question),
        question=question,
        answer=fill(queries[0], values),
        verifier="sql",
        source="geography",
        split=str(sentence.get("question-split") or ""),
        meta={"database": database, "row": number, "queries": [fill(query, values) for query in queries]},
    )


def fill(text: str, values: dict[str, str]) -> str:
    """The text with its variables' values: whole words, and all at once."""
    if not values:
        return text
    return re.sub(rf"\b(?:{'|'.join(map(re.escape, values))})\b", lambda match: values[match.group()], text)


def _schema(database: str) -> str:
    """The ``CREATE TABLE`` statements of a database."""
    try:
        with open(database, "rb"), closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
            rows = opened.execute(
                "SELECT sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
            ).fetchall()
    except (OSError, sqlite3.Error) as error:
        raise LimbeckError(f"cannot read the database {database}: {error}") from error
    return "\n".join(row[0] for row in rows if row[0])
