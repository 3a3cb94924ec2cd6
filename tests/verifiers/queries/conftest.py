"""What tests of queries share."""

from __future__ import annotations

import sqlite3

import pytest
from sql_cases import ROWS


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("sql") / "people.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE people (name TEXT, age INT, tag TEXT)")
        made.executemany("INSERT INTO people VALUES (?, ?, ?)", ROWS)
        made.execute("CREATE TABLE amounts (x REAL)")
        made.executemany("INSERT INTO amounts VALUES (?)", [(0.1,), (0.2,), (0.3,)])
    return str(path)
