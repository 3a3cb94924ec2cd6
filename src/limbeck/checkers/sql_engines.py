"""Runs queries that nobody vouches for, read-only and within limits, in a worker that can be killed."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Any, NamedTuple
from urllib.parse import quote

from limbeck.checkers.sql_rows import Row, plain
from limbeck.checkers.sql_text import tokens

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_REFUSED = {"random", "randomblob", "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}
_HEAP = 256 << 20


class Limits(NamedTuple):
    """What one query may cost: seconds, rows, and bytes of its result."""

    seconds: float
    rows: int
    size: int


class Result(NamedTuple):
    """Column names, rows, and the sort key of each row where they can be told; ``cut`` when there were more
    rows, ``single`` when numbers of four bytes were computed with."""

    names: list[str]
    rows: list[Row]
    keys: list[Row] | None = None
    cut: bool = False
    single: bool = False


class Stopped(Exception):
    """No result: ``refused``, ``failed``, ``syntax``, ``lacking`` or ``limit``, and what the engine says."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(kind, why)
        self.kind, self.why = kind, why[:200]


def run(engine: str, path: str, sql: str, limits: Limits) -> Result:
    """Run one query.

    Raises:
        Stopped: no result, and why.
    """
    return (_sqlite if engine == "sqlite" else _duckdb)(path, sql, limits)


def _collect(cursor: Any, limits: Limits) -> Result:
    """What a cursor gives, up to the limits."""
    names, rows, size = [column[0] for column in cursor.description or ()], list[Row](), 0
    # Row by row once the result is large: a batch of 64 may be as many times the limit.
    while batch := cursor.fetchmany(1 if size > limits.size // 8 else 64):
        for row in batch:
            if len(rows) == limits.rows:
                return Result(names, rows, cut=True)
            rows.append(tuple(plain(cell) for cell in row))
            size += sum(len(cell) if isinstance(cell, str | bytes) else 8 for cell in row) + 8
        if size > limits.size:
            raise Stopped("limit", f"a result of more than {limits.size:,} bytes")
    return Result(names, rows)


def _sqlite(path: str, sql: str, limits: Limits) -> Result:
    """SQLite, opened for reading."""
    # A database in WAL mode wants to write beside itself even to be read, unless it is told that nobody else
    # does.
    alone = "&immutable=1" if not _size(f"{path}-wal") else ""
    try:
        uri = f"file:{quote(os.path.abspath(path))}?mode=ro{alone}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise Stopped("failed", str(error)) from None
    with closing(connection):
        return _guarded(connection, sql, limits)


def run_rows(
    name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], sql: str, limits: Limits
) -> Result:
    """Run one query of SQLite over rows at hand, as the only table there is. Nothing is written anywhere.

    Args:
        columns: different names, whatever their case.
        rows: of the columns' length; cells are text, numbers or None.

    Raises:
        Stopped: no result, and why.
    """
    quoted = [f'"{column.replace(chr(34), chr(34) * 2)}"' for column in columns]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        try:
            connection.execute(f'CREATE TABLE "{name}" ({", ".join(quoted)})')
            connection.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(columns))})', rows)
        except (sqlite3.Error, OverflowError) as error:
            raise Stopped("failed", f"no table: {error}") from None
        return _guarded(connection, sql, limits)


def _guarded(connection: sqlite3.Connection, sql: str, limits: Limits) -> Result:
    """One query with an authorizer that lets nothing but reading pass."""
    denied: list[str] = []

    def authorize(
        action: int, first: str | None, second: str | None, _database: str | None, _inside: str | None
    ) -> int:
        if action in _ALLOWED and not (action == sqlite3.SQLITE_FUNCTION and str(second).lower() in _REFUSED):
            return sqlite3.SQLITE_OK
        denied.append(f"{second or first or action}")
        return sqlite3.SQLITE_DENY

    # Text that is no UTF-8 is compared byte for byte, not refused.
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max(limits.size, 1 << 16))
    connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000)
    deadline = time.monotonic() + limits.seconds
    try:
        for setting in (
            "query_only=ON",
            "trusted_schema=OFF",
            "temp_store=MEMORY",
            f"hard_heap_limit={_HEAP}",
        ):
            connection.execute(f"PRAGMA {setting}")
        with suppress(sqlite3.Error):  # the authorizer would refuse to declare these two tables
            connection.execute("SELECT 1 FROM json_each('[]'), json_tree('[]')")
        connection.set_authorizer(authorize)
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 2000)
        return _collect(connection.execute(sql), limits)
    except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError) as error:
        raise Stopped(_kind(str(error), bool(denied)), f"{', '.join(denied) or ''} {error}".strip()) from None
    except MemoryError:
        raise Stopped("limit", "out of memory") from None


def _size(path: str) -> int:
    return os.path.getsize(path) if os.path.exists(path) else 0


def _kind(message: str, denied: bool) -> str:
    if denied or "not authorized" in message or "authoriz" in message:
        return "refused"
    if "syntax error" in message or "incomplete input" in message or "unrecognized token" in message:
        return "syntax"
    if "no such function" in message or "no such module" in message or "no such collation" in message:
        return "lacking"
    limits = (
        "interrupted",
        "too big",
        "out of memory",
        "too complex",
        "too large",
        "disk is full",
        "maximum depth",
        "stack overflow",
    )
    return "limit" if any(limit in message for limit in limits) else "failed"


def _duckdb(path: str, sql: str, limits: Limits) -> Result:
    """DuckDB, opened for reading, without files, network, extensions or settings."""
    import duckdb

    config: dict[str, Any] = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "lock_configuration": "true",
        "autoload_known_extensions": "false",
        "memory_limit": "512MB",
        "threads": "1",
        "temp_directory": "",
    }
    try:
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise Stopped("refused", "only one SELECT is run")
        with closing(duckdb.connect(path, read_only=True, config=config)) as connection:
            # DuckDB has no progress handler; an interrupt from another thread ends a query.
            timer = threading.Timer(limits.seconds, connection.interrupt)
            timer.start()
            try:
                four_bytes = _four_bytes(connection)
                result = _collect(connection.execute(statements[0]), limits)
                words = {token.text.strip('"').lower() for token in tokens(sql)}
                typed = any(str(column[1]) == "FLOAT" for column in connection.description or ())
                return result._replace(single=typed or not words.isdisjoint(four_bytes))
            finally:
                timer.cancel()
    except duckdb.Error as error:
        raise Stopped(_duckdb_kind(error), str(error).split("\n", 1)[0]) from None
    except MemoryError:
        raise Stopped("limit", "out of memory") from None


def _four_bytes(connection: Any) -> set[str]:
    """Names of columns of four-byte numbers, and of their type: what is computed from them is as coarse."""
    named = connection.execute("SELECT lower(column_name) FROM duckdb_columns() WHERE data_type = 'FLOAT'")
    return {"float", "real", "float4", *(name for (name,) in named.fetchall())}


def _duckdb_kind(error: Exception) -> str:
    kinds = {
        "InterruptException": "limit",
        "OutOfMemoryException": "limit",
        "ParserException": "syntax",
        "SyntaxException": "syntax",
        "PermissionException": "refused",
    }
    if type(error).__name__ == "CatalogException" and "Function with name" in str(error):
        return "lacking"
    return kinds.get(type(error).__name__, "failed")
