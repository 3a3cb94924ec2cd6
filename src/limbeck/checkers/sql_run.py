"""Runs queries that nobody vouches for, read-only and within limits; meant for a worker process that can be
killed."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import closing, suppress
from typing import Any, NamedTuple
from urllib.parse import quote

from limbeck.checkers.sql_rows import Row, Undecided, plain, same
from limbeck.checkers.sql_text import is_ordered, keyed, one_more

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_REFUSED = {"random", "randomblob", "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}
_HEAP = 256 << 20
_KEPT: dict[tuple[Any, ...], Result] = {}
_MOST_KEPT = 256


class Limits(NamedTuple):
    """What one query may cost: seconds, rows, and bytes of its result."""

    seconds: float
    rows: int
    size: int


class Options(NamedTuple):
    """How results are compared; see `limbeck.verifiers.queries.sql`."""

    order: str
    permuted: bool
    tolerance: float


class Result(NamedTuple):
    """Column names, rows, and the sort key of each row where they can be told; ``cut`` when there were more
    rows."""

    names: list[str]
    rows: list[Row]
    keys: list[Row] | None = None
    cut: bool = False


class Stopped(Exception):
    """No result: ``refused``, ``failed``, ``syntax``, ``lacking`` or ``limit``, and what the engine says."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(kind, why)
        self.kind, self.why = kind, why[:200]


def check(
    engine: str, paths: tuple[str, ...], gold: str, answer: str, limits: Limits, options: Options
) -> tuple[str, str]:
    """``(outcome, reason)`` of an answer's query against the reference's, on every database."""
    empty = 0
    for path in paths:
        outcome, reason, nothing = _check_one(engine, path, gold, answer, limits, options)
        if outcome != "correct":
            where = f" on {os.path.basename(path)}" if len(paths) > 1 else ""
            return outcome, reason + where
        empty += nothing
    if empty == len(paths):
        return "correct", "both results are empty, which proves little"
    return "correct", reason if len(paths) == 1 else f"the same results on {len(paths)} databases"


def _check_one(
    engine: str, path: str, gold: str, answer: str, limits: Limits, options: Options
) -> tuple[str, str, bool]:
    ordered = options.order == "ordered" or (options.order == "auto" and is_ordered(gold))
    try:
        right = _reference(engine, path, gold, limits, ordered)
    except Stopped as error:
        return "unknown", f"the reference query gave no result ({error.kind}: {error.why})", False
    if right.cut:
        return "unknown", f"the reference query gives more than {limits.rows:,} rows", False
    try:
        left = run(engine, path, answer, limits)
    except Stopped as error:
        outcomes = {"failed": "wrong", "limit": "timeout", "lacking": "unknown"}
        return outcomes.get(error.kind, "unparsed"), error.why, False
    if left.cut:
        return "wrong", f"more than {limits.rows:,} rows where there are {len(right.rows):,}", False
    if len(left.names) != len(right.names):
        return "wrong", f"{len(left.names)} columns where there are {len(right.names)}", False
    outcome, reason = _compare(right, left, ordered, options)
    if outcome == "wrong" and len(left.rows) == len(right.rows) and _tied(engine, path, gold, limits):
        outcome, reason = "unknown", "the reference's LIMIT cuts through rows with equal sort keys"
    return outcome, reason, not right.rows


def _tied(engine: str, path: str, sql: str, limits: Limits) -> bool:
    """Whether the row behind the last one that LIMIT lets through would have come as well in its place."""
    more = one_more(sql)
    if more is None:
        return False
    wider, last = more
    with suppress(Stopped, IndexError):
        result = run(engine, path, wider, limits)
        keys = _keys(engine, path, wider, result, limits) or []
        return len(keys) > last > 0 and keys[last] == keys[last - 1]
    return False


def _compare(right: Result, left: Result, ordered: bool, options: Options) -> tuple[str, str]:
    count = f"{len(right.rows):,} row{'s'[: len(right.rows) != 1]}"
    if len(right.rows) != len(left.rows):
        return "wrong", f"{len(left.rows):,} rows where there are {len(right.rows):,}"
    keys = right.keys or [(place,) for place in range(len(right.rows))]
    try:
        if same(right.rows, left.rows, keys if ordered else None, options.tolerance, options.permuted):
            return "correct", f"the same {count}{' in order' if ordered else ''}"
        if not ordered or not same(right.rows, left.rows, None, options.tolerance, options.permuted):
            return "wrong", f"other values in {count}"
    except Undecided as error:
        return "unknown", str(error)
    if right.keys is None and options.order == "auto":
        return "unknown", f"the same {count} in another order; which rows tie cannot be told"
    return "wrong", f"the same {count} in another order"


def _reference(engine: str, path: str, sql: str, limits: Limits, ordered: bool) -> Result:
    """The reference's result, remembered while the file stays as it is."""
    try:
        state = os.stat(path)
    except OSError as error:
        raise Stopped("failed", f"no database at {path}: {error.strerror}") from None
    key = (engine, path, state.st_mtime_ns, state.st_size, sql, limits, ordered)
    if key not in _KEPT:
        result = run(engine, path, sql, limits)
        if ordered:
            result = result._replace(keys=_keys(engine, path, sql, result, limits))
        if len(_KEPT) >= _MOST_KEPT:
            _KEPT.pop(next(iter(_KEPT)))
        if len(result.rows) > 10_000:
            return result
        _KEPT[key] = result
    return _KEPT[key]


def _keys(engine: str, path: str, sql: str, result: Result, limits: Limits) -> list[Row] | None:
    wider = keyed(sql, result.names)
    if wider is None:
        return None
    with suppress(Stopped, IndexError):
        rows = result.rows if wider[0] == sql else run(engine, path, wider[0], limits).rows
        if [row[: len(result.names)] for row in rows] == result.rows:
            return [tuple(row[column] for column in wider[1]) for row in rows]
    return None


def run(engine: str, path: str, sql: str, limits: Limits) -> Result:
    """Run one query.

    Raises:
        Stopped: no result, and why.
    """
    return (_sqlite if engine == "sqlite" else _duckdb)(path, sql, limits)


def _collect(cursor: Any, limits: Limits) -> Result:
    """What a cursor gives, up to the limits."""
    names, rows, size = [column[0] for column in cursor.description or ()], list[Row](), 0
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
    """SQLite, opened for reading, with an authorizer that lets nothing but reading pass."""
    denied: list[str] = []

    def authorize(
        action: int, first: str | None, second: str | None, _database: str | None, _inside: str | None
    ) -> int:
        if action in _ALLOWED and not (action == sqlite3.SQLITE_FUNCTION and str(second).lower() in _REFUSED):
            return sqlite3.SQLITE_OK
        denied.append(f"{second or first or action}")
        return sqlite3.SQLITE_DENY

    # A database in WAL mode wants to write beside itself even to be read, unless it is told that nobody else
    # does.
    alone = "&immutable=1" if not _size(f"{path}-wal") else ""
    try:
        uri = f"file:{quote(os.path.abspath(path))}?mode=ro{alone}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise Stopped("failed", str(error)) from None
    with closing(connection):
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
            raise Stopped(
                _kind(str(error), bool(denied)), f"{', '.join(denied) or ''} {error}".strip()
            ) from None
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
            timer = threading.Timer(limits.seconds, connection.interrupt)
            timer.start()
            try:
                return _collect(connection.execute(statements[0]), limits)
            finally:
                timer.cancel()
    except duckdb.Error as error:
        raise Stopped(_duckdb_kind(error), str(error).split("\n", 1)[0]) from None
    except MemoryError:
        raise Stopped("limit", "out of memory") from None


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
