"""Questions about small tables of players, with the chain of queries that answers each."""

from __future__ import annotations

import random
from typing import Any

from limbeck.problems.worlds._worlds import ask, check, distinct
from limbeck.records import Data

TEAMS = ("red", "blue", "green", "white")
COLUMNS = ("points", "fouls", "games")
WORDS = {"total": "SUM", "largest": "MAX", "smallest": "MIN"}
NAMES = ("ada", "bo", "cy", "dan", "eve", "fay", "gus", "hal", "ida", "jo", "kim", "lee")


def standings(*, n: int = 200, rows: int = 10, seed: int = 0, split: str = "train") -> Data:
    """``What is the total of points in team red? (table 17)``, with a table of players.

    The chain selects the team's rows, then the column, then takes the total, the largest or the smallest.

    Args:
        n: different questions, each with a table of its own.
        rows: players of a table.

    Returns:
        Problems of verifier ``number`` with ``meta["table"]`` and ``meta["chain"]``, three queries of SQLite,
        each asked of the result before.

    Raises:
        LimbeckError: an unknown split, or impossible bounds.
    """
    check(4, len(NAMES), rows=rows)
    rng = random.Random(f"standings/{seed}/{split}")

    def draw() -> tuple[str, tuple[str, str, str]]:
        asked = rng.choice([*WORDS]), rng.choice(COLUMNS), rng.choice(TEAMS)
        word, column, team = asked
        return f"What is the {word} of {column} in team {team}? (table {rng.randrange(100_000)})", asked

    data = Data()
    for question, (word, column, team) in distinct(n, split, draw).items():
        draws = random.Random(f"standings/{question}")
        # Two players of each team come first, the rest are of any.
        teams = [*TEAMS, *TEAMS, *(draws.choice(TEAMS) for _ in range(rows))][:rows]
        teams[0] = team
        pairs = zip(NAMES, teams, strict=False)
        table: list[list[Any]] = [[*pair, *(draws.randint(1, 99) for _ in COLUMNS)] for pair in pairs]
        place = 2 + COLUMNS.index(column)
        values = [row[place] for row in table if row[1] == team]
        answer = {"total": sum(values), "largest": max(values), "smallest": min(values)}[word]
        chain = [
            f"SELECT * FROM t WHERE team = '{team}'",
            f"SELECT {column} FROM t",
            f"SELECT {WORDS[word]}({column}) FROM t",
        ]
        meta = {"table": {"columns": ["name", "team", *COLUMNS], "rows": table}, "chain": chain}
        data.problems.append(ask(question, str(answer), "standings", split, meta, "number"))
    return data
