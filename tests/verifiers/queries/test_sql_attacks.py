"""verifiers/sql: what a query can't do, in SQLite and in DuckDB."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from sql_cases import ask

from limbeck.checkers.workers import shut

duck = pytest.mark.skipif(not importlib.util.find_spec("duckdb"), reason="duckdb is not installed")


QUERY = "SELECT name FROM people WHERE age > 20"


ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)"


ATTACKS = {
    f"{ENDLESS} SELECT count(*) FROM c": "timeout",
    f"{ENDLESS} SELECT n FROM c": "wrong",  # more rows than are looked at, and than there should be
    "SELECT count(*) FROM people a, people b, people c, people d, people e, people f, people g, people h, "
    "people i,"
    " people j, people k, people l": "timeout",
    "SELECT hex(zeroblob(1000000000))": "timeout",
    "WITH RECURSIVE c(n) AS (SELECT zeroblob(1000000) UNION ALL SELECT n FROM c) SELECT n FROM c": "timeout",
    "SELECT x FROM (WITH RECURSIVE c(x) AS (SELECT 'a' UNION ALL SELECT x || x FROM c) SELECT x FROM "
    "c)": "timeout",
    "SELECT load_extension('/tmp/evil.so')": "unparsed",
    "SELECT fts3_tokenizer('simple')": "unparsed",
    "SELECT random()": "unparsed",
    "SELECT readfile('/etc/passwd')": "unknown",
    "SELECT writefile('/tmp/limbeck-attack', 'x')": "unknown",
    "SELECT * FROM pragma_database_list": "unparsed",
    "WITH x AS (SELECT 1) DELETE FROM people": "unparsed",
    "WITH x AS (SELECT 1) INSERT INTO people SELECT 1, 2, 3": "unparsed",
    "ATTACH DATABASE '/tmp/limbeck-attack' AS evil": "unparsed",
    "VACUUM INTO '/tmp/limbeck-attack'": "unparsed",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000: "timeout",
    "SELECT 1 WHERE '\x00' = 'a'": "wrong",
    "SELECT \ud800": "unparsed",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda text: text[:40].encode("ascii", "replace").decode())
def test_attacks_are_contained(database, attack):
    before = Path(database).read_bytes()
    verdict = ask(database, "SELECT name FROM people", attack, timeout=0.5, rows=20_000)
    assert verdict.outcome == ATTACKS[attack], verdict
    assert Path(database).read_bytes() == before
    assert not os.path.exists("/tmp/limbeck-attack")
    assert ask(database, QUERY, QUERY).outcome == "correct"  # the worker is well


def test_an_engine_stuck_in_one_step_is_killed(database, monkeypatch):
    monkeypatch.setattr("limbeck.checkers.sql_run.run", lambda *_: __import__("time").sleep(60))
    monkeypatch.setattr("limbeck.verifiers.queries.sql._REST", 0.1)
    shut()
    verdict = ask(database, QUERY, QUERY, timeout=0.1)
    shut()
    assert (verdict.outcome, "killed" in verdict.reason) == ("timeout", True)


@pytest.fixture(scope="module")
def ducks(tmp_path_factory) -> str:
    import duckdb

    path = str(tmp_path_factory.mktemp("duck") / "people.duckdb")
    with duckdb.connect(path) as made:
        made.execute("CREATE TABLE people (name TEXT, age INT, born DATE, pay DECIMAL(8, 2))")
        made.execute("INSERT INTO people VALUES ('ann', 30, '2000-01-02', 1.5), ('bob', 25, NULL, 2.0)")
    return path


@duck
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("SELECT * FROM people ORDER BY name DESC", "correct"),
        ("FROM people", "unparsed"),
        ("SELECT name, age, born, pay::DOUBLE FROM people", "correct"),
        ("SELECT name, age, born::TEXT, pay FROM people", "correct"),
        ("SELECT nam FROM people", "wrong"),
        ("SELECT name FROM", "unparsed"),
        ("SELECT * FROM read_csv('/etc/passwd')", "unparsed"),
        ("SELECT * FROM '/etc/passwd'", "wrong"),
        ("SELECT * FROM glob('/etc/*')", "unparsed"),
        ("SELECT * FROM read_text('/etc/hostname')", "unparsed"),
        ("WITH x AS (SELECT 1) INSERT INTO people SELECT 'x', 1, NULL, 1", "unparsed"),
        (f"{ENDLESS} SELECT count(*) FROM c", "timeout"),
        ("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b", "timeout"),
    ],
)
def test_duckdb_reads_and_nothing_else(ducks, answer, outcome):
    verdict = ask(ducks, "SELECT * FROM people", answer, engine="duckdb", timeout=1.0)
    assert verdict.outcome == outcome, verdict


def test_duckdb_that_is_not_installed_is_named(database, monkeypatch):
    monkeypatch.setattr("limbeck.verifiers.queries.sql.find_spec", lambda name: None)
    verdict = ask(database, QUERY, QUERY, engine="duckdb")
    assert (verdict.outcome, "limbeck[verify]" in verdict.reason) == ("unknown", True)
