"""``limbeck stats``: what is in a folder or a file of traces, as tables, JSON or a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from limbeck.cli.output import console, give, quiet, tell, warn
from limbeck.errors import LimbeckError
from limbeck.pipeline import store
from limbeck.records import Data
from limbeck.summary import LOOKED_AT, Numbers, Summary, first_problems

BLOCKS = " ▁▂▃▄▅▆▇█"
SHOWN = 12
"""Values of a column that are shown by name; JSON has all."""


def stats(source: Path, limit: int, html: Path | None, shape: str) -> None:
    """Count, show, and write the page that is asked for."""
    if limit < 0:
        raise LimbeckError(f"--limit {limit}: a number of problems is wanted, 0 for all")
    summary = Summary()
    some = first_problems(parts(source, shape), limit)
    for part in track(some, "counting", console=Console(stderr=True), transient=True, disable=quiet()):
        summary.add(part)
    if not summary.sizes["problems"]:
        raise LimbeckError(f"{source} holds no problems")
    show(summary, console(110))
    if html:
        from limbeck.report.stats import build

        tell(f"page: {build(summary, str(source), html)}")
    give({"source": source, "limit": limit, **summary.as_dict(), "html": html})


def parts(source: Path, shape: str) -> Iterator[Data]:
    """A folder's shards; or rows as `limbeck import` reads them, by way of shards that go again."""
    from limbeck.shapes import import_files
    from limbeck.shapes.importing import is_folder_of_data

    if is_folder_of_data(source):
        yield from store.read_data(source)
        return
    if inner := sorted(path.parent for path in source.glob("stages/*/*.problems.parquet")):
        raise LimbeckError(f"{source} holds a run; give one of its stages, such as {inner[0]}")
    with TemporaryDirectory() as folder:
        done = import_files(source, Path(folder), shape)
        for line in done.told():
            tell(line)
        for text in done.warnings():
            warn(text)
        yield from store.read_data(Path(folder))


def spark(numbers: Numbers, width: int = 24) -> str:
    """A histogram in a line of text: equal bins from the least to the 99th percentile."""
    return bars(numbers.bins(width)[1])


def bars(shares: list[float]) -> str:
    """A block per share, as high as it is beside the largest; anything above nothing shows."""
    top = max(shares, default=0) or 1
    return "".join(BLOCKS[-(-int(8000 * share / top) // 1000)] for share in shares)


def show(summary: Summary, to: Console) -> None:
    """The tables."""
    sizes = summary.sizes
    head = [
        f"{sizes['problems']:,} problems, {sizes['traces']:,} traces ({sizes['kept']:,} without a mark), "
        f"{sizes['pairs']:,} pairs ({sizes['kept_pairs']:,} without a mark)"
    ]
    if sizes["without_reference"]:
        head.append(f"{sizes['without_reference']:,} problems have no reference answer")
    if sizes["traces_without_problem"]:
        head.append(
            f"{sizes['traces_without_problem']:,} traces belong to no problem here and are not counted"
        )
    for line in head:
        to.print(line, markup=False)
    to.print(_lengths(summary))
    if summary.pass_rates:
        to.print(_pass_rates(summary))
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("what", no_wrap=True)
    table.add_column("how many")
    for what, values in _rows(summary):
        table.add_row(what, values)
    to.print(table)


def _lengths(summary: Summary) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("length")
    for heading in ("n", "mean", "p5", "median", "p95", "max"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("min … p99", no_wrap=True)
    for name, numbers in summary.numbers.items():
        if numbers:
            row = numbers.as_dict()
            cells = [f"{row[key]:,.1f}" if key == "mean" else f"{row[key]:,}" for key in row]
            table.add_row(name.replace("_", " "), *cells, spark(numbers))
    return table


def _pass_rates(summary: Summary) -> str:
    judged = summary.pass_rates.total()
    counts = {name: summary.passed[name] for name in ("none", "some", "all")}
    passed = ", ".join(f"{count:,} ({count / judged:.0%}) {name}" for name, count in counts.items())
    unjudged = f"; {summary.passed['unjudged']:,} have no judged trace" if summary.passed["unjudged"] else ""
    drawn = bars(summary.pass_shares())
    return f"traces right, of {judged:,} problems: {passed}{unjudged}   pass rate 0 {drawn} 1"


LABELS = {
    "outcomes": "outcomes", "marks": "marks of traces", "problem_marks": "marks of problems",
    "pair_marks": "marks of pairs", "finish": "finish", "think": "thinking", "formats": "formats",
    "scripts": "scripts of traces", "question_scripts": "scripts of questions", "writers": "writers",
    "sources": "sources", "splits": "splits", "verifiers": "verifiers", "licences": "licences",
    "flaws": f"flaws of the first {LOOKED_AT:,}",
}  # fmt: skip


def _rows(summary: Summary) -> Iterator[tuple[str, str]]:
    """What each column holds, and what comes twice; columns that nothing fills are left out."""
    whole = summary.as_dict()
    for name, label in LABELS.items():
        counts: dict[str, int] = whole[name]
        if counts.keys() - {""}:
            yield label, _values(counts)
    if summary.sizes["mixed_scripts"]:
        yield "of mixed script", f"{summary.sizes['mixed_scripts']:,} traces"
    again: dict[str, Any] = {what.replace("_", " "): n for what, n in whole["duplicates"].items()}
    yield "same text again", ", ".join(f"{what} {count:,}" for what, count in again.items())


def _values(counts: dict[str, int]) -> str:
    shown = list(counts.items())[:SHOWN]
    text = ", ".join(f"{escape(value[:60]) or '(not said)'} [b]{count:,}[/b]" for value, count in shown)
    rest = len(counts) - len(shown)
    return f"{text}, and {rest:,} more" if rest > 0 else text
