"""Results of queries that are nearly, or only by chance, those of the reference."""

from __future__ import annotations

import importlib.util
import sqlite3

import pytest

from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.ops import judge
from limbeck.verifiers.queries.sql import sql

duck = pytest.mark.skipif(not importlib.util.find_spec("duckdb"), reason="duckdb is not installed")


def ask(database, gold: str, answer: str, **options) -> Verdict:
    problem = Problem(id="p", question="", answer=gold, meta={"database": str(database)})
    trace = Trace(id="t", problem_id="p", answer=answer)
    [(_, verdict)] = judge(lambda p, t: sql(p, t, **options), [(0, problem, trace)])
    return verdict


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    path = tmp_path_factory.mktemp("sql") / "people.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE people (id INT, name TEXT, age INT)")
        made.executemany(
            "INSERT INTO people VALUES (?, ?, ?)", [(1, "ann", 30), (2, "bob", 25), (3, "cyd", 25)]
        )
    return path


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        ("SELECT julianday('2020-01-01')", "SELECT julianday('2020-01-02')", "wrong"),
        ("SELECT 1577872800.5", "SELECT 1577874000.5", "wrong"),
        ("SELECT 1000000", "SELECT 1000000.9", "wrong"),
        ("SELECT 0.1 + 0.2", "SELECT 0.3", "correct"),
        ("SELECT 1e9 / 3", "SELECT 333333333.3333334", "correct"),
    ],
)
def test_large_numbers_are_told_apart_and_rounding_is_not(people, gold, answer, outcome):
    assert ask(people, gold, answer).outcome == outcome


YOUNGEST = "SELECT name FROM people ORDER BY age"


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        (f"{YOUNGEST} LIMIT 1", f"{YOUNGEST}, id DESC LIMIT 1", "unknown"),
        ("SELECT name FROM people ORDER BY age LIMIT 1", "SELECT name FROM people WHERE id = 1", "unknown"),
        (
            "SELECT name FROM people ORDER BY age LIMIT 2",
            "SELECT name FROM people ORDER BY id LIMIT 2",
            "wrong",
        ),
        (
            "SELECT name FROM people ORDER BY age DESC LIMIT 1",
            "SELECT name FROM people WHERE id = 2",
            "wrong",
        ),
        ("SELECT name FROM people ORDER BY age LIMIT 1", "SELECT name FROM people", "wrong"),
    ],
)  # fmt: skip
def test_a_limit_that_cuts_through_a_tie_decides_nothing(people, gold, answer, outcome):
    assert ask(people, gold, answer).outcome == outcome


def test_a_database_with_a_write_ahead_log_is_read(tmp_path):
    made = sqlite3.connect(tmp_path / "log.sqlite")
    made.execute("PRAGMA journal_mode=WAL")
    made.execute("CREATE TABLE t (name)")
    made.execute("INSERT INTO t VALUES ('a')")
    made.commit()
    made.close()
    before = sorted(path.name for path in tmp_path.iterdir())
    assert ask(tmp_path / "log.sqlite", "SELECT name FROM t", "SELECT 'a'").outcome == "correct"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_noise_in_many_rows_with_ties_is_noise(people):
    rows = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000) "
    noise = "(CASE WHEN x % 2 THEN -1e-13 ELSE 1e-13 END) * ((x / 2) % 2 * 2 - 1)"
    noisy = f"{rows} SELECT (x / 2) * 0.5 + 0.25 + {noise}, x FROM c"
    assert ask(people, f"{rows} SELECT (x / 2) * 0.5 + 0.25, x FROM c", noisy).outcome == "correct"
    assert ask(people, f"{rows} SELECT (x / 2) * 0.5 + 0.25, x + 1 FROM c", noisy).outcome == "wrong"


@duck
def test_a_query_that_outgrows_its_memory_is_over_its_limit_not_wrong(tmp_path):
    import duckdb

    duckdb.connect(str(tmp_path / "t.duckdb")).close()
    numbered = "SELECT row_number() OVER (ORDER BY hash(range)) r FROM range(40000000)"
    hungry = f"SELECT count(*) FROM ({numbered}) WHERE r > 0"
    asked = ask(tmp_path / "t.duckdb", "SELECT 40000000", hungry, engine="duckdb", timeout=30.0)
    assert (asked.outcome, "emory" in asked.reason) == ("timeout", True)
