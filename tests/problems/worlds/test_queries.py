"""problems/queries: a query is judged by what it returns."""

from __future__ import annotations

from limbeck.problems.worlds.queries import queries


def test_a_query_is_judged_by_what_it_returns():
    data = queries(n=30, k=5)
    for own in data.by_problem().values():
        assert [trace.params["change"] == "" for trace in own].count(True) == 1
        assert all((trace.outcome == "correct") == (trace.params["change"] == "") for trace in own)
    assert {problem.id for problem in data.problems}.isdisjoint(
        one.id for one in queries(n=30, split="test").problems
    )
