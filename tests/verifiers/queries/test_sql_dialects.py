"""Queries in other dress and of other dialects, numbers of four bytes, dates."""

from __future__ import annotations

import importlib.util
import json

import pytest
from sql_cases import ask

from limbeck.checkers.sql_dialects import as_value, dialect
from limbeck.checkers.sql_rows import Moment, same
from limbeck.checkers.sql_text import find_query

duck = pytest.mark.skipif(not importlib.util.find_spec("duckdb"), reason="duckdb is not installed")
QUERY = "SELECT name FROM people WHERE age > 20"
OTHER = "SELECT 1"
DRESSES = [
    f"You can use `{QUERY}` to list them.",
    f"First `{OTHER}`, which is too simple; then ``{QUERY};`` does it.",
    json.dumps({"sql": QUERY}),
    json.dumps({"reasoning": "names", "query": f"{QUERY};"}),
    f"```json\n{json.dumps({'SQL': QUERY}, indent=1)}\n```",
    f"I tried\n```sql\n{OTHER}\n```\n**Final SQL:** {QUERY};",
    f"{OTHER}\n\nFinal SQL query:\n```sql\n{QUERY}\n```",
    f"The column `age` counts.\n\nFinal answer: `{QUERY}`",
    f"Final SQL: to come.\n\n```sql\n{QUERY}\n```",
]


@pytest.mark.parametrize("text", DRESSES)
def test_the_query_is_found_in_its_dress(text):
    assert find_query(text) == QUERY


def test_names_in_backticks_are_no_dress():
    text = "SELECT `name` FROM `people` WHERE `select` > 20"
    assert find_query(text) == text
    assert find_query(f"```sql\n{text}\n```") == text
    assert find_query('{"sql": 1}\n\nSELECT 1') == "SELECT 1"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path_factory.mktemp("duck") / "weights.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute("CREATE TABLE weights (name TEXT, f FLOAT, g DOUBLE, born DATE, seen TIMESTAMP)")
        made.execute(
            "INSERT INTO weights VALUES ('texas', 0.1, 0.1, '2020-01-02', '2020-01-02 00:00:00'),"
            "('ohio', 0.7, 0.7, '2021-05-06', '2021-05-06 07:08:09'), ('utah', 0.3, 0.3, NULL, NULL)"
        )
    return str(path)


@duck
@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        ("SELECT avg(f) FROM weights", "SELECT cast(sum(f) AS REAL) / 3 FROM weights", "correct"),
        ("SELECT avg(f) FROM weights", "SELECT sum(f * 1.0) / count(*) FROM weights", "correct"),
        ("SELECT f FROM weights", "SELECT g FROM weights", "correct"),
        ("SELECT avg(f) FROM weights", "SELECT avg(f) + 0.00001 FROM weights", "wrong"),
        ("SELECT avg(g) FROM weights", "SELECT avg(g) + 0.0000001 FROM weights", "wrong"),
        ("SELECT born FROM weights", "SELECT cast(born AS TEXT) FROM weights", "correct"),
        ("SELECT born FROM weights WHERE name = 'texas'", "SELECT '2020-01-02'", "correct"),
        ("SELECT born FROM weights WHERE name = 'texas'", "SELECT '2020-01-03'", "wrong"),
        ("SELECT seen FROM weights WHERE name = 'texas'", "SELECT born FROM weights LIMIT 1", "correct"),
        ("SELECT seen FROM weights WHERE name = 'ohio'", "SELECT DATE '2021-05-06'", "wrong"),
    ],
)
def test_four_bytes_and_dates(weights, gold, answer, outcome):
    verdict = ask(weights, gold, answer, engine="duckdb")
    assert verdict.outcome == outcome, verdict.reason


@duck
@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        # Double-quoted values are SQLite's and MySQL's; both sides may be of that dialect, or the answer not.
        (
            'SELECT f FROM weights WHERE name = "texas"',
            "SELECT f FROM weights WHERE name = 'texas'",
            "correct",
        ),
        (
            'SELECT f FROM weights WHERE name = "texas"',
            'SELECT f FROM weights WHERE name = "texas"',
            "correct",
        ),
        ('SELECT f FROM weights WHERE name = "texas"', 'SELECT f FROM weights WHERE name = "ohio"', "wrong"),
        (
            'SELECT "name" FROM weights WHERE name = "it\'s"',
            "SELECT name FROM weights WHERE 1 = 0",
            "correct",
        ),
        ('SELECT name FROM weights ORDER BY name = "ohio" DESC LIMIT 1', "SELECT 'ohio'", "correct"),
    ],
)
def test_double_quoted_values_of_a_reference_are_read_as_values(weights, gold, answer, outcome):
    verdict = ask(weights, gold, answer, engine="duckdb")
    assert verdict.outcome == outcome, verdict.reason


@duck
@pytest.mark.parametrize(
    ("answer", "outcome", "told"),
    [
        ('SELECT f FROM weights WHERE name = "texas"', "unknown", "SQLite or MySQL: double-quoted values"),
        ('SELECT f FROM weights WHERE "texas" = name AND name <> "ohio"', "unknown", "double-quoted values"),
        ('SELECT f FROM weights WHERE name = "ohio"', "wrong", 'column "ohio" not found'),
        ('SELECT "nmae" FROM weights', "wrong", 'column "nmae" not found'),
        ('SELECT missing FROM weights WHERE name = "texas"', "wrong", "not found"),
        ('SELECT "f" FROM weights WHERE "name" = \'texas\'', "correct", "the same 1 row"),
    ],
)
def test_double_quoted_values_of_an_answer_alone_are_no_witness(weights, answer, outcome, told):
    verdict = ask(weights, "SELECT f FROM weights WHERE name = 'texas'", answer, engine="duckdb")
    assert (verdict.outcome, told in verdict.reason) == (outcome, True), verdict


@duck
@pytest.mark.parametrize(
    ("gold", "told"),
    [
        ("SELECT `name` FROM `weights`", "written for MySQL or BigQuery or SQLite: names in backticks"),
        ("SELECT julianday(born) FROM weights", "written for SQLite: julianday()"),
        ("SELECT name, max(g) FROM weights", "SQLite or MySQL: a column beside an aggregate"),
        ("SELECT name FROM weights WHERE born > 5", "SQLite or MySQL: values of two types"),
        ("SELECT TOP 1 name FROM weights", "written for SQL Server: TOP"),
    ],
)
def test_a_reference_of_another_dialect_is_said_to_be_so(weights, gold, told):
    for answer in ("SELECT name FROM weights", "SELECT 'no such thing'"):
        verdict = ask(weights, gold, answer, engine="duckdb")
        assert (verdict.outcome, told in verdict.reason) == ("unknown", True), verdict


@pytest.mark.parametrize(
    ("gold", "told"),
    [
        ("SELECT age::text FROM people", "PostgreSQL or DuckDB: casts by ::"),
        ("SELECT name FROM people WHERE name ILIKE 'a%'", "PostgreSQL or DuckDB: ILIKE"),
        ("SELECT extract(year FROM '2020-01-01')", "extract()"),
        ("SELECT curdate() FROM people", "MySQL: curdate()"),
        ("SELECT name FROM people WHERE x = 1", "no such column"),
    ],
)
def test_sqlite_says_so_too(database, gold, told):
    verdict = ask(database, gold, "SELECT name FROM people")
    assert (verdict.outcome, told in verdict.reason) == ("unknown", True), verdict


def test_what_stands_in_a_value_is_no_dialect():
    assert dialect("SELECT 'a::b', '`', 'ILIKE' FROM t", "sqlite", "no such table: t") == ""
    assert dialect("SELECT name FROM people", "duckdb", "no such column") == ""
    assert as_value("SELECT \"it's\", 'it''s' FROM t", "it's") == "SELECT 'it''s', 'it''s' FROM t"


def test_a_moment_is_its_text_and_a_date_its_midnight():
    day, midnight, noon = Moment("2020-01-02"), Moment("2020-01-02 00:00:00"), Moment("2020-01-02 12:00:00")
    for left, right, equal in [
        (day, "2020-01-02", True), (day, midnight, True), (midnight, "2020-01-02 00:00:00", True),
        (day, noon, False), (day, 20200102, False), (noon, "2020-01-02", False),
    ]:  # fmt: skip
        assert same([(left,)], [(right,)], None, 0.0, False) is equal
        assert same([(right,)], [(left,)], None, 0.0, False) is equal
