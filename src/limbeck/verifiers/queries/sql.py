"""SQL by execution: an answer's query gives what the reference query gives.

A reference of another dialect (casts by ``::`` on SQLite, names in backticks on DuckDB) is ``unknown`` with
what tells it; double-quoted values, which SQLite and MySQL have and DuckDB has not, are read as values. So
are an answer's where the reference has some; where it has none, an answer that would be right with them is
``unknown``.
"""

from __future__ import annotations

from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from limbeck.checkers.later import later, verdict
from limbeck.checkers.sql_engines import Limits
from limbeck.checkers.sql_run import Options, check
from limbeck.checkers.sql_text import NoQuery, find_query
from limbeck.checkers.workers import in_worker
from limbeck.errors import LimbeckError, missing_extra
from limbeck.records import Problem, Trace, Verdict

VERSION = 4
_REST = 5.0
"""Seconds beyond the queries' own limits after which the worker is killed: an engine can be stuck in one
step."""


def sql(
    problem: Problem,
    trace: Trace,
    *,
    engine: Literal["sqlite", "duckdb"] = "sqlite",
    order: Literal["auto", "bag", "ordered"] = "auto",
    columns: Literal["positional", "any"] = "positional",
    tolerance: float = 1e-10,
    timeout: float = 5.0,
    rows: int = 100_000,
    megabytes: int = 64,
    folder: str = "",
) -> Verdict | Future[Verdict]:
    """The answer's query returns what the reference query ``problem.answer`` returns on the problem's
    databases.

    ``meta["database"]`` is a path, or ``meta["databases"]`` a list of them: results must be equal on all
    (Zhong et al., arXiv 2010.02840: more databases leave less to luck). The query is taken from behind
    "Final SQL:", from JSON (``sql``, ``query``), from the last fenced block or inline code, or from the line
    that begins one. Rows are compared as bags, so duplicates count; column names do not. NULL equals NULL
    only, text is never a number, 2 is 2.0, a date is its text. Numbers of four bytes (``FLOAT`` in DuckDB)
    and what is computed from them are equal within their seven digits. Where the reference has an ORDER BY
    outside of parentheses order counts too, but rows with equal sort keys may stand in any; other rows are
    ``unknown`` where its LIMIT cuts through equal keys.

    A query that fails (no such column) or returns something else is ``wrong``. What is no single SELECT,
    breaks off or has a syntax error is ``unparsed``; more time or memory than allowed is ``timeout``. A
    reference without a result, a missing database and a function this build of the engine lacks are
    ``unknown``. Two empty results are ``correct``, the reason says that this proves little.

    Queries run in a worker process that can be killed: SQLite opened read-only under an authorizer that lets
    nothing but reading pass, DuckDB opened read-only without access to files, settings or extensions.

    Args:
        order: whether the order of rows counts: as the reference says, never, or always.
        columns: whether the answer's columns stand in the reference's order, or in any.
        tolerance: relative difference at which two numbers, one of them no integer, still are equal.
        timeout: seconds for each query.
        rows: most rows of a result.
        megabytes: most bytes of a result, in 2**20.
        folder: where relative paths of databases begin; empty for the working folder.

    Raises:
        LimbeckError: an unknown engine, order or way of columns; a limit that is not positive; DuckDB is not
            installed.
    """
    if min(timeout, rows, megabytes) <= 0 or tolerance < 0:
        given = f"timeout={timeout}, rows={rows}, megabytes={megabytes}, tolerance={tolerance}"
        raise LimbeckError(f"verifiers/sql: limits must be positive, not {given}")
    precheck({"engine": engine})
    asked = _asked(problem, trace, folder)
    if isinstance(asked, Verdict):
        return asked
    paths, gold, query = asked
    limits, options = Limits(timeout, rows, megabytes << 20), Options(order, columns == "any", tolerance)
    most = (3 * timeout + _REST) * len(paths)
    decided = in_worker(check, engine, paths, gold, query, limits, options, timeout=most)
    killed = Verdict("sql", "timeout", query, "the engine was stuck; its worker was killed")
    return later(decided, lambda outcome, reason: verdict("sql", outcome, query, reason), killed)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what is not installed costs no stage before it."""
    if given["engine"] == "duckdb" and find_spec("duckdb") is None:
        raise missing_extra("duckdb", "verify", "verifiers/sql with engine=duckdb")


def _asked(problem: Problem, trace: Trace, folder: str) -> Verdict | tuple[tuple[str, ...], str, str]:
    """Databases, the reference's query and the answer's; or the verdict where one of them is not there."""
    listed = problem.meta.get("databases") or [problem.meta.get("database")]
    if not all(isinstance(path, str) and path for path in listed):
        return Verdict("sql", "unknown", reason="the problem names no database in meta")
    paths = tuple(str(Path(folder) / path) for path in listed)
    if missing := [path for path in paths if not Path(path).is_file()]:
        return Verdict("sql", "unknown", reason=f"no database at {missing[0]}")
    if not (problem.answer or "").strip():
        return Verdict("sql", "unknown", reason="no reference query")
    try:
        gold = find_query(problem.answer or "")
    except NoQuery as error:
        return Verdict("sql", "unknown", reason=f"the reference: {error}")
    try:
        query = find_query(trace.answer)
    except NoQuery as error:
        return Verdict("sql", "unparsed", trace.answer.strip()[:200] or None, str(error))
    return paths, gold, query
