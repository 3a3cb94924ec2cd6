"""verifiers/sql: which results are equal, and how a query is found in an answer."""

from __future__ import annotations

import re
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sql_cases import ask

from limbeck.checkers.sql_rows import same
from limbeck.checkers.sql_text import NoQuery, find_query, is_ordered, keyed, tokens
from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace
from limbeck.verifiers.queries.sql import sql


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        ("SELECT name FROM people", "SELECT name FROM people ORDER BY age", "correct"),
        ("SELECT name FROM people", "SELECT DISTINCT name FROM people", "wrong"),
        ("SELECT DISTINCT name FROM people", "SELECT name FROM people GROUP BY name", "correct"),
        ("SELECT name, age FROM people", "SELECT name AS who, age AS years FROM people", "correct"),
        ("SELECT name, age FROM people", "SELECT age, name FROM people", "wrong"),
        ("SELECT name FROM people", "SELECT name, age FROM people", "wrong"),
        ("SELECT tag FROM people", "SELECT coalesce(tag, '') FROM people", "wrong"),
        ("SELECT age FROM people", "SELECT age * 1.0 FROM people", "correct"),
        ("SELECT age FROM people", "SELECT cast(age AS TEXT) FROM people", "wrong"),
        ("SELECT sum(x) FROM amounts", "SELECT 0.6", "correct"),
        ("SELECT sum(x) FROM amounts", "SELECT 0.6001", "wrong"),
        ("SELECT count(*) FROM people", "SELECT 5.0000000001", "correct"),
        # Order counts where the reference has one; ties may stand in any.
        (
            "SELECT name FROM people ORDER BY age",
            "SELECT name FROM people ORDER BY age, name DESC",
            "correct",
        ),
        ("SELECT name FROM people ORDER BY age", "SELECT name FROM people ORDER BY age DESC", "wrong"),
        (
            "SELECT name, age FROM people ORDER BY 2",
            "SELECT name, age FROM people ORDER BY age, tag",
            "correct",
        ),
        ("SELECT age, count(*) AS n FROM people GROUP BY age ORDER BY n DESC",
         "SELECT age, count(*) FROM people GROUP BY age ORDER BY count(*)", "wrong"),
        ("SELECT DISTINCT name FROM people ORDER BY length(name)",
         "SELECT DISTINCT name FROM people ORDER BY name DESC", "unknown"),
        ("SELECT name FROM people", "SELECT name FROM people\n\nSELECT name FROM people", "unparsed"),
        (
            "SELECT name FROM (SELECT * FROM people ORDER BY age)",
            "SELECT name FROM people ORDER BY name",
            "correct",
        ),
        # What can't be told.
        ("SELECT nothing FROM people", "SELECT name FROM people", "unknown"),
        ("", "SELECT name FROM people", "unknown"),
        ("SELECT name FROM people; SELECT 1", "SELECT name FROM people", "unknown"),
        ("SELECT name FROM people", "SELECT year(name) FROM people", "unknown"),
        ("SELECT name FROM people", "SELECT nam FROM people", "wrong"),
        ("SELECT name FROM people", "SELECT name FROM", "unparsed"),
        ("SELECT name FROM people", "I would look at the people.", "unparsed"),
        ("SELECT name FROM people", "", "unparsed"),
        ("SELECT name FROM people WHERE age > 99", "SELECT tag FROM people WHERE age < 0", "correct"),
    ],
)  # fmt: skip
def test_results_decide(database, gold, answer, outcome):
    verdict = ask(database, gold, answer)
    assert verdict.outcome == outcome, verdict.reason
    assert verdict.verifier == "sql"
    assert verdict.reason


def test_parameters_say_what_counts(database):
    swapped = ("SELECT name, age FROM people", "SELECT age, name FROM people")
    assert ask(database, *swapped, columns="any").outcome == "correct"
    assert (
        ask(database, "SELECT name, tag FROM people", "SELECT name, name FROM people", columns="any").outcome
        == "wrong"
    )
    other = ("SELECT name FROM people ORDER BY age", "SELECT name FROM people ORDER BY name")
    assert ask(database, *other).outcome == "wrong"
    assert ask(database, *other, order="bag").outcome == "correct"
    assert ask(database, "SELECT name FROM people", other[1], order="ordered").outcome == "wrong"
    assert ask(database, "SELECT sum(x) FROM amounts", "SELECT 0.61", tolerance=0.1).outcome == "correct"
    assert "proves little" in ask(database, "SELECT 1 WHERE 0", "SELECT name FROM people WHERE 0").reason
    with pytest.raises(LimbeckError, match="limits must be positive"):
        sql(Problem(id="p", question=""), Trace(id="t", problem_id="p"), timeout=0)


def test_a_second_database_ends_a_lucky_match(database, tmp_path):
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as made:
        made.execute("CREATE TABLE people (name TEXT, age INT, tag TEXT)")
        made.execute("INSERT INTO people VALUES ('eve', 26, 'z')")
    gold, lucky = "SELECT name FROM people WHERE age < 30", "SELECT name FROM people WHERE age = 25"
    assert ask(database, gold, lucky).outcome == "correct"
    verdict = ask([database, str(other)], gold, lucky)
    assert (verdict.outcome, "other.sqlite" in verdict.reason) == ("wrong", True)
    assert ask([database, str(other)], gold, gold).reason == "the same results on 2 databases"
    assert ask([database, str(tmp_path / "none.sqlite")], gold, gold).outcome == "unknown"
    assert ask([], gold, gold).outcome == "unknown"


QUERY = "SELECT name FROM people WHERE age > 20"


DRESSES = [
    QUERY, f"{QUERY};", f"```sql\n{QUERY};\n```", f"```\n{QUERY}\n```\nThis lists names.", f"``` {QUERY} ```",
    f"The query is:\n\n{QUERY};\n\nIt selects the names.",
    f"SQL: {QUERY}; It works because of the WHERE clause.",
    f"<think>SELECT 1</think>\n{QUERY}",
    f"First ```sql\nSELECT 1\n``` is too simple. So:\n```sql\n{QUERY}\n```",
    f"```sql\n-- names; all of them\n{QUERY} -- done; really\n```", f"`{QUERY}`",
    f"```python\nprint(1)\n```\n```SQL\n{QUERY}\n```",
    f"Answer: {QUERY}\n\nThe age is in years.", "SELECT name\n\nFROM people\nWHERE age > 20;\n",
]  # fmt: skip


@pytest.mark.parametrize("text", DRESSES)
def test_the_query_is_found_in_its_dress(text):
    found = re.sub(r"--[^\n]*", "", find_query(text))
    assert " ".join(found.split()) == QUERY


@pytest.mark.parametrize(
    "text",
    [
        "```sql\nSELECT 1; SELECT 2\n```", "SELECT 1; DROP TABLE people", f"{QUERY}; DELETE FROM people",
        f"```sql\n{QUERY};\nand some prose\n```", "UPDATE people SET age = 1", "EXPLAIN SELECT 1",
        "CREATE TABLE a (b)",
        "COPY people TO 'x'", f"{QUERY}\n\nOr shorter:\n{QUERY}", "SELECT " + "1," * 40_000 + "1", "",
        "no query", "PRAGMA user_version", "SELECT \ud800",
    ],
)  # fmt: skip
def test_what_is_not_one_select_is_refused(text):
    with pytest.raises(NoQuery):
        find_query(text)


def test_text_is_read_as_sql():
    assert is_ordered("SELECT 1 ORDER  BY 1 LIMIT 3")
    assert not is_ordered("SELECT rank() OVER (ORDER BY a) FROM (SELECT a FROM t ORDER BY a) -- ORDER BY a")
    assert not is_ordered("SELECT 'x ORDER BY y'")
    assert keyed("SELECT a FROM t ORDER BY b DESC, a LIMIT 2", ["a"]) == (
        "SELECT a  , b FROM t ORDER BY b DESC, a LIMIT 2", [1, 0])  # fmt: skip
    assert keyed("SELECT DISTINCT a FROM t ORDER BY b", ["a"]) is None
    assert keyed("SELECT a FROM t UNION SELECT b FROM t ORDER BY c", ["a"]) is None
    assert keyed("SELECT a FROM t ORDER BY a COLLATE NOCASE", ["a"]) is None


@given(st.text(alphabet="ab'\"`[]();-/* \nselct,1.", max_size=60))
def test_tokens_are_the_text(text):
    assert "".join(token.text for token in tokens(text)) == text


cells = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from(["a", "b"]), st.sampled_from([0.5, 1 / 3]))


tables = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.tuples(*[cells] * width), min_size=1, max_size=7)
)


@settings(max_examples=150, deadline=None)
@given(tables, st.randoms())
def test_bags_do_not_mind_order_and_mind_all_else(rows, random):
    shuffled = random.sample(rows, len(rows))
    assert same(rows, shuffled, None, 1e-6, False)
    near = [tuple(cell * (1 + 1e-9) if isinstance(cell, float) else cell for cell in row) for row in shuffled]
    assert same(rows, near, None, 1e-6, False)
    assert not same(rows, shuffled[1:], None, 1e-6, False)
    changed = [*shuffled[1:], ("other", *shuffled[0][1:])]
    assert not same(rows, changed, None, 1e-6, False)
    turned = [tuple(reversed(row)) for row in shuffled]
    assert same(rows, turned, None, 1e-6, True)
