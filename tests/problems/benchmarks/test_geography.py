"""problems/geography: questions, queries and the database they are asked of."""

from __future__ import annotations

import json
import sqlite3

import pytest

from limbeck.errors import LimbeckError
from limbeck.problems.benchmarks.geography import geography
from limbeck.records import Trace
from limbeck.verifiers.ops import judge
from limbeck.verifiers.queries.sql import sql

ROWS = [("ann", 30, "x"), ("bob", 25, "y"), ("cyd", 30, None), ("dan", 25, "x"), ("ann", 30, "x")]


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("sql") / "people.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE people (name TEXT, age INT, tag TEXT)")
        made.executemany("INSERT INTO people VALUES (?, ?, ?)", ROWS)
        made.execute("CREATE TABLE amounts (x REAL)")
        made.executemany("INSERT INTO amounts VALUES (?)", [(0.1,), (0.2,), (0.3,)])
    return str(path)


def test_geography_against_itself(shared):
    data = geography(path=shared / "sql/geography.json", database=str(shared / "sql/geography.sqlite"))
    assert len(data.problems) == 877
    problems = data.problems[::4]
    verdicts = judge(sql, [(p, p, Trace(id="t", problem_id=p.id, answer=p.answer)) for p in problems])
    outcomes = {problem.answer: verdict.outcome for problem, verdict in verdicts}
    assert set(outcomes.values()) <= {"correct", "unknown"}
    assert list(outcomes.values()).count("unknown") <= 2
    with pytest.raises(LimbeckError, match="cannot read the database none"):
        geography(path="none.json", database="none.sqlite")


def test_geography_tells_bad_rows(tmp_path, database):
    rows = [
        {
            "sql": ["SELECT 1 WHERE 'v0' = 'v0'"],
            "sentences": [{"text": "is v0 so", "variables": {"v0": "it"}, "question-split": "dev"}],
        },
        {"sql": [], "sentences": []},
    ]
    (tmp_path / "queries.json").write_text(json.dumps(rows))
    [problem] = geography(path=tmp_path / "queries.json", database=database, schema=True).problems
    assert problem.answer == "SELECT 1 WHERE 'it' = 'it'"
    assert problem.question.startswith("CREATE TABLE amounts (x REAL)\nCREATE TABLE people")
    assert problem.question.endswith("is it so")
    assert (problem.verifier, problem.split, problem.meta["database"]) == ("sql", "dev", database)
