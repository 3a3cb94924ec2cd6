"""Tables: brought to one form, queried read-only, in chains."""

from __future__ import annotations

import pytest

from limbeck.agents.frames import Frame, frame_of, query, steps
from limbeck.checkers.sql_engines import Stopped


def test_a_table_has_different_columns_full_rows_and_numbers():
    made = frame_of(
        {"columns": ["Year", "year", "", "Name"], "rows": [["1,900", "2", "x"], ["-", "b", "y", " z "]]}
    )
    assert made.columns == ["Year", "year_2", "column 3", "Name"]
    # One cell that is no number makes a column of texts; a dash among numbers is empty.
    assert made.rows == [[1900, "2", "x", None], [None, "b", "y", "z"]]
    assert frame_of([["a"], ["1"]]) == Frame(["a"], [[1]])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("a | b", "no table"), ({"columns": [], "rows": []}, "no columns"),
        ({"columns": ["a"], "rows": [[1], [1, 2]]}, "row 1"), ({"columns": ["a"], "rows": ["x"]}, "row 0"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_said_with_its_place(given, told):
    with pytest.raises(ValueError, match=told):
        frame_of(given)


FRAME = Frame(["name", "points"], [["a", 3], ["b", 5], ["c", 5]])


def test_a_query_reads_and_nothing_else():
    assert query(FRAME, "SELECT SUM(points) AS s FROM t", 5.0).result() == Frame(["s"], [[13]])
    for sql in (
        "DROP TABLE t",
        "INSERT INTO t VALUES ('d', 1)",
        "ATTACH 'x.db' AS x",
        "SELECT readfile('/etc/passwd')",
    ):
        with pytest.raises(Stopped):
            query(FRAME, sql, 5.0).result()
    with pytest.raises(Stopped, match="no such column: year"):
        query(FRAME, "SELECT year FROM t", 5.0).result()


def test_a_query_without_end_is_stopped():
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
    with pytest.raises((Stopped, TimeoutError)):
        query(FRAME, endless, 0.3).result()


def test_a_chain_asks_each_result_and_ends_where_it_fails():
    frames, why = steps(
        FRAME, ["SELECT * FROM t WHERE points = 5", "SELECT COUNT(*) FROM t", "SELECT nothing FROM t"], 5.0
    ).result()
    assert [frame.rows for frame in frames] == [[["b", 5], ["c", 5]], [[2]]]
    assert "nothing" in why


def test_a_table_is_shown_up_to_some_rows():
    assert FRAME.shown(2) == "name | points\na | 3\nb | 5\n… 1 more rows"
