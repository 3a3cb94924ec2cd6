"""People to query, and how the verifier of queries is asked in tests."""

from __future__ import annotations

from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.ops import judge
from limbeck.verifiers.queries.sql import sql

ROWS = [("ann", 30, "x"), ("bob", 25, "y"), ("cyd", 30, None), ("dan", 25, "x"), ("ann", 30, "x")]


def ask(database, gold: str, answer: str, **options) -> Verdict:
    meta = {"databases": database} if isinstance(database, list) else {"database": database}
    problem = Problem(id="p", question="", answer=gold, meta=meta)
    [(_, verdict)] = judge(
        lambda p, t: sql(p, t, **options), [(0, problem, Trace(id="t", problem_id="p", answer=answer))]
    )
    return verdict
