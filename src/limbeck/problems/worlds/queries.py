"""Questions about a small table, and SQL queries that answer them or almost do."""

from __future__ import annotations

import random
import sqlite3
from typing import Any, NamedTuple

from limbeck.problems.worlds._worlds import ask, check, distinct
from limbeck.records import Data, Outcome, Problem, Trace, Verdict

COLUMNS = "abcd"
ROWS = 24
WORDS = {"top": "max", "low": "min", "sum": "sum", "num": "count"}
"""What a question says, and the function of SQL that it means."""
SIGNS = {"over": ">", "under": "<", "is": "="}


class Query(NamedTuple):
    """``select function(column) from t where key sign value``."""

    function: str
    column: str
    key: str
    sign: str
    value: int

    def __str__(self) -> str:
        return f"select {self.function}({self.column}) from t where {self.key}{self.sign}{self.value}"


def queries(*, n: int = 1000, k: int = 0, table: int = 0, seed: int = 0, split: str = "train") -> Data:
    """Questions such as ``top c, a over 3`` with ``k`` candidate queries, of which one is right.

    Every query is run on a table in SQLite: four columns of digits, 24 rows. A wrong candidate differs from
    the right one in its function, a column, the sign or the value, and in its result.

    Args:
        n: different questions; there are about 1,300 in all.
        k: candidates per question, in an order drawn at random.
        table: which table; the same for all splits.

    Returns:
        Problems whose answer is the result; traces whose answer is a candidate query, judged by running it,
        with ``params["change"]``, empty for the right one, and ``params["thought"]``, both queries side by
        side, place by place: ``max:max+c:c+a:b-``.

    Raises:
        LimbeckError: an unknown split, or fewer than ``n`` questions of it.
    """
    check(0, 5, k=k)
    connection = _filled(table)
    rng = random.Random(f"queries/{seed}/{split}")

    def draw() -> tuple[str, Query] | None:
        function, sign = rng.choice(list(WORDS)), rng.choice(list(SIGNS))
        column, key = rng.sample(COLUMNS, 2)
        query = Query(WORDS[function], column, key, SIGNS[sign], rng.randrange(10))
        if _run(connection, query) is None:
            return None
        return f"{function} {column}, {key} {sign} {query.value}", query

    data = Data()
    for question, query in distinct(n, split, draw).items():
        meta = {"query": str(query), "table": table}
        problem = ask(question, str(_run(connection, query)), "queries", split, meta)
        data.problems.append(problem)
        draws = random.Random(f"queries/{seed}/{problem.id}")
        candidates = [("", query), *_mutants(query, k - 1, connection, draws)] if k else []
        draws.shuffle(candidates)
        for number, (change, candidate) in enumerate(candidates):
            params = {"change": change, "thought": _compared(query, candidate)}
            result = _run(connection, candidate)
            data.traces.append(_trace(problem, number, str(candidate), str(result), params))
    connection.close()
    return data


def _trace(problem: Problem, number: int, candidate: str, result: str, params: dict[str, Any]) -> Trace:
    outcome: Outcome = "correct" if result == problem.answer else "wrong"
    return Trace(
        id=f"{problem.id}#query-{number}",
        problem_id=problem.id,
        answer=candidate,
        model="candidates",
        params=params,
        finish="stop",
        tokens=len(candidate),
        verdicts=[Verdict("execution", outcome, result, f"{result} against {problem.answer}")],
    )


def _filled(table: int) -> sqlite3.Connection:
    rng = random.Random(f"queries/table/{table}")
    connection = sqlite3.connect(":memory:")
    connection.execute(f"create table t ({', '.join(f'{name} integer' for name in COLUMNS)})")
    rows = [[rng.randrange(10) for _ in COLUMNS] for _ in range(ROWS)]
    connection.executemany(f"insert into t values ({', '.join('?' * len(COLUMNS))})", rows)
    return connection


def _run(connection: sqlite3.Connection, query: Query) -> int | None:
    """The one number that a query gives."""
    result: int | None = connection.execute(str(query)).fetchone()[0]
    return result


def _compared(query: Query, candidate: Query) -> str:
    """What the right query says in each place, what the candidate says, and whether that is the same."""
    pairs = zip(query, candidate, strict=True)
    return "".join(f"{wanted}:{given}{'+' if wanted == given else '-'}" for wanted, given in pairs)


def _mutants(
    query: Query, count: int, connection: sqlite3.Connection, rng: random.Random
) -> list[tuple[str, Query]]:
    """Different queries that err in one place and have another result."""
    places: dict[str, list[Any]] = {
        "function": [name for name in WORDS.values() if name != query.function],
        "column": [name for name in COLUMNS if name != query.column],
        "key": [name for name in COLUMNS if name != query.key],
        "sign": [sign for sign in SIGNS.values() if sign != query.sign],
        "value": [value for value in range(10) if value != query.value],
    }
    changes = [(place, other) for place, others in places.items() for other in others]
    every = [(place, query._replace(**{place: other})) for place, other in changes]
    right = _run(connection, query)
    wrong = [mutant for mutant in every if _run(connection, mutant[1]) != right]
    # The place of the error is drawn first: there are nine other values and but two other signs.
    there = {place for place, _ in wrong}
    drawn: list[tuple[str, Query]] = []
    while len(drawn) < min(count, len(wrong)):
        place = rng.choice([place for place in places if place in there])
        left = [mutant for mutant in wrong if mutant[0] == place and mutant not in drawn]
        if left:
            drawn.append(rng.choice(left))
    return drawn
