"""Holds verifiers/sql against another tool's comparison of results, on the same queries and database.

Run: python bench/agreement_sql.py PEER [FOLDER], where PEER is a checkout of taoyds/test-suite-sql-eval,
of whose ``exec_eval.py`` the comparison ``result_eq`` is used, and FOLDER the public data (default:
../shared/data). Pairs are the references of GeoQuery with themselves, with the authors' other queries and
with every mutant that `agreement_formal.py` makes. The peer lets columns stand in any order, and so does
``columns="any"``; order counts for it where the reference says ORDER BY anywhere. Writes
claims/agreement-sql.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

from agreement_formal import OUTCOMES, REPO, SHARED, judged, mutants, table

from limbeck.problems.benchmarks.geography import geography
from limbeck.records import Problem
from limbeck.verifiers.queries.sql import sql

MOST_LISTED = 25
MOST_STEPS = 1_000
"""Tens of thousands of instructions of SQLite's machine after which a query is stopped: the peer has no limit
of its own. A product of tables takes more."""
Compare = Callable[[list[Any], list[Any], bool], bool]


def peers(folder: Path) -> Compare:
    """The peer's comparison of two results; what else its file imports is left out."""
    for name, members in (("parse", ("get_all_preds_for_execution", "remove_distinct")), ("tqdm", ())):
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(dict.fromkeys(members))
    spec = importlib.util.spec_from_file_location("exec_eval", folder / "exec_eval.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{folder} holds no exec_eval.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    compare: Compare = module.result_eq
    return compare


def pairs(problems: list[Problem]) -> list[tuple[str, Problem, str]]:
    """``(kind, problem, query)`` of all pairs."""
    firsts = list({p.meta["row"]: p for p in reversed(problems)}.values())
    same = [("the reference itself", p, p.answer or "") for p in problems]
    others = [("another of the authors'", p, query) for p in problems for query in p.meta["queries"][1:]]
    changed = [("a mutant", p, query) for p in firsts for _, query in mutants(p.answer or "")]
    return [*same, *others, *changed]


def peer_says(compare: Compare, database: str, gold: str, query: str) -> str:
    """``equal`` or ``different``; ``no result`` where the reference gives none, ``fails`` where the query
    does or is stopped."""
    results = []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        for text, failing in ((gold, "no result"), (query, "fails")):
            steps = count()
            connection.set_progress_handler(lambda steps=steps: next(steps) > MOST_STEPS, 10_000)
            try:
                results.append(connection.execute(text).fetchall())
            except sqlite3.Error:
                return failing
    return "equal" if compare(*results, "order by" in gold.lower()) else "different"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=SHARED)
    given = parser.parse_args()
    compare = peers(given.peer)
    database = str(given.folder / "sql/geography.sqlite")
    data = geography(path=given.folder / "sql/geography.json", database=database)
    asked = pairs(data.problems)
    ours = judged(partial(sql, columns="any"), [(problem, query) for _, problem, query in asked])
    theirs = [peer_says(compare, database, p.answer or "", query) for _, p, query in asked]
    outcomes = [verdict.outcome for *_, verdict in ours]
    counts = Counter(zip((kind for kind, *_ in asked), theirs, outcomes, strict=True))
    rows = [
        [f"{kind}: {peer}", *(counts[kind, peer, outcome] for outcome in OUTCOMES)]
        for kind, peer in dict.fromkeys((kind, peer) for kind, peer, _ in counts)
    ]
    apart = [
        f"* peer {peer}, verifier {verdict.outcome} ({verdict.reason}): `{problem.answer}` and `{query}`"
        for peer, (problem, query, verdict) in zip(theirs, ours, strict=True)
        if (peer, verdict.outcome) in (("equal", "wrong"), ("different", "correct"))
    ]
    both = sum(peer in ("equal", "different") and outcome in ("correct", "wrong")
               for peer, outcome in zip(theirs, outcomes, strict=True))  # fmt: skip
    lines = [
        "# SQL results: the verifier beside another tool's comparison\n",
        f"Written by `bench/agreement_sql.py` on {time.strftime('%Y-%m-%d')}; SQLite "
        f"{sqlite3.sqlite_version}; peer: `result_eq` of taoyds/test-suite-sql-eval.\n",
        f"{len(asked):,} pairs of queries on GeoQuery's database; both decide {both:,} of them and differ on "
        f"**{len(apart):,}**.\n",
        *table(f"pair: what the peer says | {' | '.join(OUTCOMES)}", rows),
        "",
        "Where they differ:",
        "",
        *(apart[:MOST_LISTED] or ["* nowhere"]),
        *([f"* and {len(apart) - MOST_LISTED:,} more"] if len(apart) > MOST_LISTED else []),
    ]
    (REPO / "claims/agreement-sql.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines[:8]), f"{len(apart)} differ", sep="\n")


if __name__ == "__main__":
    main()
