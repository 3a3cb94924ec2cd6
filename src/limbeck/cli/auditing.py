"""``limbeck audit``: what of benchmarks a set holds, as a table and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from limbeck.api import load_problems
from limbeck.auditing import Audit, audit, write
from limbeck.cli.output import console, give, tell
from limbeck.cli.running import parse_method
from limbeck.cli.stats import parts
from limbeck.embedding import check
from limbeck.errors import LimbeckError
from limbeck.leaks import HOWS, Looking
from limbeck.records import Data

WIDTH = 16
"""Of the first column, whatever the others want."""
SHOWN = 20
"""Sources of the table, those with most leaks; JSON has all."""


def audit_set(source: Path, against: list[str], looking: Looking, out: Path | None) -> None:
    """Look, show, and write the file that is asked for."""
    benchmarks = [_benchmark(text) for text in against]
    whole = audit(parts(source, "auto"), benchmarks, looking)
    if not whole.sizes["problems"]:
        raise LimbeckError(f"{source} holds no problem without a mark")
    show(whole)
    if out:
        write(whole, out)
        tell(f"all of it: {out}")
    give({"source": source, **whole.as_dict(), "out": out})


def looking(n: int, fuzzy: float, vectors: str, cosine: float) -> Looking:
    """What the options ask for.

    Raises:
        LimbeckError: a number out of range.
    """
    for option, value in (("--fuzzy", fuzzy), ("--cosine", cosine)):
        if not 0 < value <= 1:
            raise LimbeckError(f"{option} {value:g}: a cosine above 0 and at most 1 is wanted")
    if n < 1:
        raise LimbeckError(f"--n {n}: at least one word is wanted")
    if not vectors:
        return Looking(n=n, fuzzy=fuzzy)
    check(vectors, "--vectors")
    return Looking(by=HOWS, n=n, fuzzy=fuzzy, vectors=vectors, cosine=cosine)


def _benchmark(text: str) -> Data:
    """``gsm8k:path=test.jsonl``, a method of problems/; or a file or folder that holds problems."""
    if (path := Path(text)).exists():
        whole = Data.join(parts(path, "auto"))
        for problem in whole.problems:
            problem.source = problem.source or path.name.partition(".")[0]
        return whole
    if ":" not in text and (path.suffix or "/" in text):
        raise LimbeckError(f"--against {text}: there is no such file or folder")
    return load_problems(parse_method(text))


def show(whole: Audit) -> None:
    """The tables."""
    told, to = whole.as_dict(), console(110)
    tell(
        f"{told['set']['problems']:,} problems and {told['set']['traces']:,} traces without a mark; "
        f"{told['set']['leaked']:,} of the problems repeat a benchmark item "
        f"({told['set']['leaked'] / max(1, told['set']['problems']):.2%})"
    )
    to.print(_table(told["benchmarks"]))
    if told["set"]["leaked"]:
        sources = [row for row in told["sources"] if row["leaked"]]
        to.print(_table(sources[:SHOWN]))


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for place, name in enumerate(rows[0]):
        shown = name.replace("_", " ")
        table.add_column(shown, justify="right" if place else "left", min_width=0 if place else WIDTH)
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    return table


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2%}"
    return f"{value:,}" if isinstance(value, int) else str(value) or "(not said)"
