"""What in a query is another dialect's, and SQLite's reading of double quotes."""

from __future__ import annotations

import re
from itertools import pairwise

from limbeck.checkers.sql_text import Token, tokens

_FUNCTIONS = {
    "SQLite": "julianday strftime unixepoch glob typeof total group_concat",
    "MySQL": "curdate date_format date_add date_sub str_to_date datediff timestampdiff substring_index year "
    "month day hour dayofweek group_concat found_rows",
    "PostgreSQL": "date_trunc to_char to_date to_timestamp string_agg array_agg regexp_matches age extract "
    "date_part generate_series split_part",
    "DuckDB": "date_trunc strptime string_agg array_agg list_value regexp_extract extract date_part year "
    "month day hour date_diff datediff group_concat generate_series split_part age quantile_cont",
    "SQL Server": "getdate dateadd datediff datepart isnull len charindex convert string_agg year month day",
    "Oracle": "nvl sysdate to_char to_date add_months decode listagg extract rownum",
    "BigQuery": "safe_divide safe_cast parse_date format_date date_trunc date_diff extract countif "
    "generate_array string_agg array_agg",
}
_CALLED = {name: {*names.split()} for name, names in _FUNCTIONS.items()}
_SPELLINGS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"`", "names in backticks", ("MySQL", "BigQuery", "SQLite")),
    (r"\[\w+\]", "names in brackets", ("SQL Server", "SQLite")),
    (r"::", "casts by ::", ("PostgreSQL", "DuckDB")),
    (r"\bILIKE\b", "ILIKE", ("PostgreSQL", "DuckDB")),
    (r"\bINTERVAL\b", "INTERVAL", ("PostgreSQL", "DuckDB", "MySQL", "BigQuery", "Oracle")),
    (r"\bSELECT\s+(?:DISTINCT\s+)?TOP\s+\(?\d", "TOP", ("SQL Server",)),
    (r"\bFROM\s+dual\b", "FROM dual", ("Oracle", "MySQL")),
    (r"\bQUALIFY\b", "QUALIFY", ("DuckDB", "BigQuery", "Snowflake")),
    (r"\bDISTINCT\s+ON\b", "DISTINCT ON", ("PostgreSQL", "DuckDB")),
    (r"\bFETCH\s+(?:FIRST|NEXT)\b", "FETCH FIRST", ("Oracle", "PostgreSQL", "SQL Server")),
    (r"\bREGEXP\b", "REGEXP", ("MySQL", "SQLite")),
)
_NAMES = {"sqlite": "SQLite", "duckdb": "DuckDB"}
_COMPLAINTS = {
    "must appear in the GROUP BY": "a column beside an aggregate without GROUP BY",
    "Cannot compare values of type": "values of two types compared",
}
"""What DuckDB refuses and SQLite and MySQL let pass."""
_UNKNOWN_NAME = re.compile(r'Referenced column "(.+?)" not found|does not have a column named "(.+?)"')


def dialect(sql: str, engine: str, complaint: str) -> str:
    """What in a query that an engine refuses is another dialect's; empty where nothing is known to be.

    Args:
        complaint: what the engine said.
    """
    here = _NAMES[engine]
    words = [token for token in tokens(sql) if token.kind != "skip"]
    bare = "".join(_bare(token) for token in tokens(sql))
    for pattern, what, dialects in _SPELLINGS:
        if here not in dialects and re.search(pattern, bare, re.I):
            return _told(what, dialects)
    pairs = pairwise(words)
    called = {word.text.lower() for word, after in pairs if after.text == "(" and word.kind == "name"}
    for name in sorted(called - _CALLED[here]):
        if dialects := tuple(each for each, names in _CALLED.items() if name in names):
            return _told(f"{name}()", dialects)
    what = next((what for part, what in _COMPLAINTS.items() if part in complaint), "")
    what = what or ("double-quoted values" if lacking(complaint, sql) else "")
    return _told(what, ("SQLite", "MySQL")) if what else ""


def _bare(token: Token) -> str:
    """A token without what is written in values, quoted names and comments, which is no syntax."""
    return " " if token.kind == "skip" else "''" if token.text[0] in "'\"" else token.text


def _told(what: str, dialects: tuple[str, ...]) -> str:
    return f"it is written for {' or '.join(dialects)}: {what}"


def lacking(complaint: str, sql: str) -> str:
    """The double-quoted word of a query that an engine takes for a column and has not; empty for none."""
    match = _UNKNOWN_NAME.search(complaint)
    name = (match[1] or match[2]) if match else ""
    return name if any(_is_quoted(token, name) for token in tokens(sql)) else ""


def as_value(sql: str, name: str) -> str:
    """A query with a double-quoted word as the value that SQLite and MySQL take it for."""
    parts = [_literal(name) if _is_quoted(token, name) else token.text for token in tokens(sql)]
    return "".join(parts)


def _is_quoted(token: Token, name: str) -> bool:
    return bool(name) and token.kind == "name" and token.text == '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
