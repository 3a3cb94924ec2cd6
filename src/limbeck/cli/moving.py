"""``limbeck import``, ``export`` and ``verify``: rows in, rows out."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import typer
import yaml
from rich.console import Console
from rich.progress import track

from limbeck.cli.running import parse_method
from limbeck.errors import LimbeckError
from limbeck.pipeline import parameters, registry, store
from limbeck.pipeline.annotations import REFERENCES
from limbeck.records import Data

Item = TypeVar("Item")


def _watched(items: Iterable[Item], label: str) -> Iterator[Item]:
    return iter(track(items, label, console=Console(stderr=True), transient=True))


def import_file(file: Path, out: Path, shape: str, verifier: str, format: str) -> None:
    """Read foreign rows into a folder of Parquet shards."""
    from limbeck.shapes import import_rows

    if (out / "manifest.json").exists():
        raise LimbeckError(f"{out} already holds data; choose another --out")
    registry.method(f"verifiers/{verifier}", "--verifier")
    data = import_rows(file, shape, verifier=verifier, format=format)
    store.write_data(out, data)
    counts = store.counts([data])
    store.write_manifest(out, {"name": "import", "file": str(file), "shape": shape, "counts": counts})
    typer.echo(
        f"{counts['problems']:,} problems, {counts['traces']:,} traces, {counts['pairs']:,} pairs → {out}"
    )
    for mark, count in {**counts["problem_marks"], **counts["marks"]}.items():
        typer.echo(f"  marked {mark}: {count:,}")


def finished(folder: Path) -> store.StoredShards:
    """The data of a stage, an import or a verification that came to its end."""
    if not list(folder.glob("*.problems.parquet")):
        raise LimbeckError(f"{folder} holds no data; give a stage's folder (runs/RECIPE/stages/…)")
    if store.read_manifest(folder) is None:
        raise LimbeckError(f"what made {folder} was interrupted; run it again")
    return store.read_data(folder)


def bind_verifier(text: str) -> registry.Bound:
    """A verifier from ``math``, ``math:timeout=5`` or ``math: {timeout: 5}``."""
    spec: str | dict[str, Any] = parse_method(text) if not re.match(r"\w+:\s", text) else _yaml(text)
    method, given = registry.bind("verifiers", spec, "--verifier")
    for name, parameter in method.params.items():
        if parameters.wanted(parameter).kind in REFERENCES:
            raise LimbeckError(
                f"--verifier {method.name} asks a model ({name}); use it as a stage of a recipe"
            )
    verifier: registry.Bound = registry.bound(method, parameters.check(method, given, "--verifier"))
    return verifier


def _yaml(text: str) -> dict[str, Any]:
    try:
        written = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise LimbeckError(
            f"--verifier {text!r} is not of the form 'math: {{timeout: 5}}': {error}"
        ) from error
    if not isinstance(written, dict) or len(written) != 1:
        raise LimbeckError(
            f"--verifier {text!r} is not one method with its parameters, such as 'math: {{timeout: 5}}'"
        )
    return written


def verify_file(file: Path, out: Path, verifier: str) -> None:
    """Check every row of a file, or every trace of a folder that a stage or an import wrote. The input is
    only read."""
    bound = bind_verifier(verifier)
    if out.resolve() == file.resolve():
        raise LimbeckError(f"--out {out} is the input; choose another place")
    changes: Counter[tuple[str, str]] = Counter()
    silent: list[str] = []
    if file.is_dir():
        _verify_store(file, out, bound, changes, silent)
    else:
        _verify_table(file, out, bound, changes, silent)
    seen: Counter[str] = Counter()
    for (_, after), count in changes.items():
        seen[after] += count
    summary = ", ".join(f"{count:,} {outcome}" for outcome, count in seen.most_common())
    typer.echo(f"{seen.total():,} {'traces' if file.is_dir() else 'rows'}: {summary} → {out}")
    if silent:
        typer.echo(f"  the first unknown one: {silent[0]}")
    if any(before for before, _ in changes):
        changed = {pair: count for pair, count in changes.items() if pair[0] and pair[0] != pair[1]}
        typer.echo(f"{sum(changed.values()):,} verdicts changed{':' if changed else ''}")
        for (before, after), count in sorted(changed.items(), key=lambda item: -item[1]):
            typer.echo(f"  {before} → {after}: {count:,}")


def _verify_table(
    file: Path, out: Path, bound: registry.Bound, changes: Counter[tuple[str, str]], silent: list[str]
) -> None:
    from limbeck.shapes.verified import verify_rows
    from limbeck.tables import read_rows, write_rows

    earlier: deque[str] = deque()

    def read() -> Iterator[dict[str, Any]]:
        for row in _watched(read_rows(file), "verifying"):
            before = row.get("outcome") if isinstance(row, dict) else None
            earlier.append(before if isinstance(before, str) else "")
            yield row

    def counted() -> Iterator[dict[str, Any]]:
        for row in verify_rows(read(), bound):
            changes[earlier.popleft(), row["outcome"]] += 1
            if row["outcome"] == "unknown" and not silent:
                silent.append(row["reason"])
            yield row

    write_rows(out, counted())


def _verify_store(
    folder: Path, out: Path, bound: registry.Bound, changes: Counter[tuple[str, str]], silent: list[str]
) -> None:
    """Every trace gets one more verdict, which is the one that counts; marks are left as they are."""
    from limbeck.verifiers.ops import verify

    shards = finished(folder)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise LimbeckError(f"{out} already holds something; choose another --out")

    def checked() -> Iterator[Data]:
        for shard in shards:
            before = [trace.outcome if trace.verdicts else "" for trace in shard.traces]
            shard.traces = list(verify(bound, shard.problem_by_id(), _watched(shard.traces, "verifying")))
            changes.update(zip(before, (trace.outcome for trace in shard.traces), strict=True))
            silent.extend(trace.verdicts[-1].reason for trace in shard.traces if trace.outcome == "unknown")
            yield shard

    store.write_data(out, checked())
    used = {"verifier": bound.name, "params": bound.params}
    told = {f"{before or 'none'} → {after}": count for (before, after), count in changes.items()}
    counts = store.counts(store.read_data(out))
    store.write_manifest(
        out, {"name": "verify", "from": str(folder), **used, "changes": told, "counts": counts}
    )
