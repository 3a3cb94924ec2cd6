"""Questions about a table, drawn from one grammar that writes each in English and in SQL."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

from limbeck.problems.generated._grammar import Grammar, Rule, rule
from limbeck.problems.generated._stream import Drawn, solved, stream
from limbeck.problems.worlds._worlds import ask, check_bounds
from limbeck.records import Data


class Subject(NamedTuple):
    """What a table is about.

    Attributes:
        kinds: columns of words with their words.
        numbers: columns of whole numbers with their least and greatest.
    """

    table: str
    noun: str
    names: tuple[str, ...]
    kinds: dict[str, tuple[str, ...]]
    numbers: dict[str, tuple[int, int]]


SUBJECTS = (
    Subject(
        "players", "player",
        ("Ann", "Bob", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim", "Leo", "Mia", "Ned"),
        {"team": ("red", "blue", "green"), "position": ("guard", "forward", "keeper")},
        {"points": (0, 60), "games": (1, 20), "age": (17, 39)},
    ),
    Subject(
        "books", "book",
        ("Amber", "Birch", "Comet", "Delta", "Ember", "Fjord", "Grove", "Haven", "Islet", "Jetty", "Knoll",
         "Ledge", "Mirth", "North"),
        {"genre": ("crime", "poetry", "travel", "history"), "language": ("English", "French", "Turkish")},
        {"pages": (60, 900), "price": (4, 60), "copies": (0, 400)},
    ),
    Subject(
        "towns", "town",
        ("Alder", "Brook", "Crane", "Dover", "Elm", "Ford", "Glen", "Holt", "Iver", "Jura", "Kent", "Lund",
         "Moss", "Nore"),
        {"region": ("north", "south", "east", "west"), "river": ("Aire", "Tees", "Wye")},
        {"people": (200, 9000), "height": (0, 800), "schools": (0, 12)},
    ),
)  # fmt: skip
TASK = "Answer from the table with one number."

RULES = [
    rule(
        "question(kept)", 2, english="How many {noun}s are there{0}?",
        sql="SELECT COUNT(*) FROM {table}{0}",
    ),
    rule(
        "question(number, kept)", 3, english="Of all {noun}s{1}, what is the sum of {0}?",
        sql="SELECT SUM({0}) FROM {table}{1}",
    ),
    rule(
        "question(number, kept)", 2, english="Of all {noun}s{1}, what is the greatest {0}?",
        sql="SELECT MAX({0}) FROM {table}{1}",
    ),
    rule(
        "question(number, kept)", 2, english="Of all {noun}s{1}, what is the least {0}?",
        sql="SELECT MIN({0}) FROM {table}{1}",
    ),
    rule(
        "question(kind, kept)", 1, english="Of all {noun}s{1}, how many different values of {0} are there?",
        sql="SELECT COUNT(DISTINCT {0}) FROM {table}{1}",
    ),
    rule(
        "question(number, number, kept)", 2, lambda parts: parts[0] != parts[1],
        english="Of all {noun}s{2}, what is the {0} of the one with the greatest {1}?",
        sql="SELECT {0} FROM {table}{2} ORDER BY {1} DESC LIMIT 1",
    ),
    rule("kept()", 1, english="", sql=""),
    rule("kept(condition)", 3, english=" whose {0}", sql=" WHERE {0}"),
    rule(
        "kept(condition, condition)", 3, lambda parts: parts[0].parts[0] != parts[1].parts[0],
        english=" whose {0} and whose {1}", sql=" WHERE {0} AND {1}",
    ),
    rule(
        "kept(condition, condition)", 1, lambda parts: parts[0].parts[0] != parts[1].parts[0],
        english=" whose {0} or whose {1} (or both)", sql=" WHERE ({0} OR {1})",
    ),
]  # fmt: skip


def tables_sql(
    *,
    n: int = 1000,
    rows: int = 10,
    conditions: int = 0,
    solve: bool = False,
    seed: int = 0,
    split: str = "train",
) -> Iterator[Data]:
    """A table in the question, another one each time, and a question whose answer is a number.

    One declarative grammar writes the question in English and in SQL: counts, sums, extremes, different
    values, the row of an extreme, groups by their total, under up to two conditions. SQLite runs the query. A
    question whose extreme two rows share, or to which no row answers, is drawn again.

    Args:
        rows: of a table; the more, the harder.
        conditions: fewest conditions on rows, at most 2.
        solve: adds a trace: the query.

    Returns:
        Problems of verifier ``number``; ``meta`` has ``sql``, ``table`` (its name), ``columns`` and ``rows``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check_bounds(rows, rows, 2, len(SUBJECTS[0].names))
    check_bounds(conditions, conditions, 0, 2)
    rng = random.Random(f"tables_sql/{seed}/{split}")
    grammars = {subject.table: _grammar(subject) for subject in SUBJECTS}

    def draw(number: int) -> Drawn | None:
        subject = rng.choice(SUBJECTS)
        tree = grammars[subject.table].draw("question", rng)
        if tree is None or tree.text("english").count(" whose ") < conditions:
            return None
        columns = ["name", *subject.kinds, *subject.numbers]
        told = _rows(subject, rows, rng)
        query = tree.text("sql")
        answer = _run(subject.table, columns, told, query)
        if answer is None:
            return None
        lines = [columns, ["---"] * len(columns), *told]
        table = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
        meta = {"sql": query, "table": subject.table, "columns": columns, "rows": told}
        question = f"{table}\n\n{tree.text('english')} {TASK}"
        problem = ask(question, str(answer), "tables_sql", "", meta, verifier="number")
        return problem, [solved(problem, query, "sql")] if solve else []

    return stream(n, split, draw)


def _grammar(subject: Subject) -> Grammar:
    """The rules, with the table's own words in them."""
    words = {"{noun}": subject.noun, "{table}": subject.table}
    rules = []
    for each in RULES:
        texts = dict(each.texts)
        for sign, word in words.items():
            texts = {language: text.replace(sign, word) for language, text in texts.items()}
        rules.append(Rule(each.kind, each.arguments, texts, each.weight, each.fits))
    rules += [rule("number", english=name, sql=name) for name in subject.numbers]
    rules += [rule("kind", english=name, sql=name) for name in subject.kinds]
    for column, values in subject.kinds.items():
        rules += [rule(f"{column}_column", english=column, sql=column)]
        rules += [rule(column, english=value, sql=value) for value in values]
        rules += [rule(f"condition({column}_column, {column})", english="{0} is {1}", sql="{0} = '{1}'")]
    for column, (low, high) in subject.numbers.items():
        limits = [low + (high - low) * part // 8 for part in range(2, 7)]
        rules += [rule(f"{column}_column", english=column, sql=column)]
        rules += [rule(column, english=str(limit), sql=str(limit)) for limit in limits]
        head = f"condition({column}_column, {column})"
        rules += [rule(head, english="{0} is over {1}", sql="{0} > {1}")]
        rules += [rule(head, english="{0} is under {1}", sql="{0} < {1}")]
        rules += [_of_groups(subject, f"question(kind, {column}_column, {column}_total)")]
        totals = [2 * low + 2 * (high - low) * part // 8 for part in range(2, 9)]
        rules += [rule(f"{column}_total", english=str(total), sql=str(total)) for total in totals]
    return Grammar(rules)


def _of_groups(subject: Subject, head: str) -> Rule:
    english = f"For how many values of {{0}} is the sum of {{1}} over their {subject.noun}s more than {{2}}?"
    groups = f"SELECT {{0}} FROM {subject.table} GROUP BY {{0}} HAVING SUM({{1}}) > {{2}}"
    return rule(head, 0.7, english=english, sql=f"SELECT COUNT(*) FROM ({groups})")


def _rows(subject: Subject, count: int, rng: random.Random) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for name in rng.sample(subject.names, count):
        kinds = [rng.choice(values) for values in subject.kinds.values()]
        rows.append([name, *kinds, *(rng.randint(*bounds) for bounds in subject.numbers.values())])
    return rows


def _run(table: str, columns: list[str], rows: list[list[Any]], query: str) -> int | None:
    """The query's number; None where it has none, or where rows share the extreme that it goes by."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)
        if " ORDER BY " in query:
            head, _, key = query.partition(" ORDER BY ")
            column = key.split()[0]
            ties = head.replace("SELECT ", f"SELECT {column}, ", 1)
            keys = sorted((row[0] for row in connection.execute(ties)), reverse=True)
            if len(keys) < 2 or keys[0] == keys[1]:
                return None
        given = connection.execute(query).fetchone()
    return None if given is None or given[0] is None else int(given[0])
