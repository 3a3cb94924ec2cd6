"""``limbeck import``, ``export`` and ``verify``: rows in, rows out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.progress import track

from limbeck.cli.running import parse_method
from limbeck.errors import LimbeckError
from limbeck.pipeline import parameters, registry, store

Item = TypeVar("Item")


def _watched(items: Iterable[Item], label: str) -> Iterator[Item]:
    return iter(track(items, label, console=Console(stderr=True), transient=True))


def import_file(file: Path, out: Path, shape: str) -> None:
    """Read foreign rows into a folder of Parquet shards."""
    from limbeck.shapes import import_rows

    if (out / "manifest.json").exists():
        raise LimbeckError(f"{out} already holds data; choose another --out")
    data = import_rows(file, shape)
    store.write_data(out, data)
    counts = store.counts([data])
    store.write_manifest(out, {"name": "import", "file": str(file), "shape": shape, "counts": counts})
    typer.echo(f"{counts['problems']:,} problems, {counts['traces']:,} traces, {counts['pairs']:,} pairs → {out}")
    for mark, count in {**counts["problem_marks"], **counts["marks"]}.items():
        typer.echo(f"  marked {mark}: {count:,}")


def export_file(folder: Path, out: Path, shape: str) -> None:
    """Write a folder's traces or pairs as foreign rows."""
    from limbeck.shapes import export_rows

    if not list(folder.glob("*.problems.parquet")):
        raise LimbeckError(f"{folder} holds no data; give a stage's folder (runs/RECIPE/stages/…)")
    count = export_rows(store.read_data(folder).all(), out, shape)
    typer.echo(f"{count:,} rows → {out}")


def bind_verifier(text: str) -> registry.Bound:
    """A verifier from ``math`` or ``math:timeout=5``."""
    method, given = registry.bind("verifiers", parse_method(text), "--verifier")
    return registry.Bound(method.name, method.load(), parameters.check(method, given, "--verifier"))


def verify_file(file: Path, out: Path, verifier: str) -> None:
    """Check every row of a file."""
    from limbeck.tables import read_rows, write_rows
    from limbeck.verifiers._table import verify_rows

    bound = bind_verifier(verifier)
    seen: Counter[str] = Counter()

    def counted(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for row in rows:
            seen[row["outcome"]] += 1
            yield row

    write_rows(out, counted(verify_rows(_watched(read_rows(file), "verifying"), bound)))
    total = sum(seen.values())
    summary = ", ".join(f"{count:,} {outcome}" for outcome, count in seen.most_common())
    typer.echo(f"{total:,} rows: {summary} → {out}")
