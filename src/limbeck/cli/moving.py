"""``limbeck import``, ``export`` and ``verify``: rows in, rows out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.progress import (
    BarColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as ProgressBars

from limbeck.cli import places
from limbeck.cli.output import give, quiet, tell, warn
from limbeck.cli.running import parse_method
from limbeck.errors import LimbeckError
from limbeck.pipeline import counting, parameters, registry, store
from limbeck.pipeline.annotations import REFERENCES
from limbeck.tables.files import suffix


@contextmanager
def counted(label: str, unit: str = "rows", total: int = 0) -> Iterator[Callable[..., None]]:
    """A bar that counts rows, or another unit, whose number nobody knows.

    Args:
        total: bytes, where they are known; what is yielded then takes those that are done beside the rows.
    """
    counting = TextColumn(f"{{task.description}} {{task.fields[units]:,}} {unit}")
    share = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn()) if total else ()
    console = Console(stderr=True)
    silent = quiet() or not console.is_terminal
    columns = (SpinnerColumn(), counting, *share, TimeElapsedColumn())
    with ProgressBars(*columns, console=console, transient=True, disable=silent) as bars:
        task = bars.add_task(label, total=total or None, units=0)

        def heard(units: int, size: int = 0) -> None:
            bars.update(task, advance=size, units=bars.tasks[0].fields["units"] + units)

        yield heard


def import_file(
    file: Path,
    out: Path,
    shape: str,
    *,
    verifier: str = "math",
    format: str = "",
    columns: dict[str, str] | None = None,
    limit: int = 0,
    overwrite: bool = False,
) -> None:
    """Read foreign rows into a folder of Parquet shards."""
    from limbeck.shapes import import_files

    some_rows(limit)
    name, *settings = re.split("[:{]", verifier, maxsplit=1)
    registry.method(f"verifiers/{name.strip()}", "--verifier")
    if settings:
        raise LimbeckError(
            f"--verifier {verifier}: an import notes by name what should check answers; settings go where "
            f"they are checked: limbeck verify {out} --verifier {verifier!r} --out …"
        )
    how: dict[str, Any] = {"verifier": verifier, "format": format, "columns": columns, "limit": limit}
    with places.folder(out, overwrite, places.STORE, "manifest.json") as place, counted("reading") as heard:
        done = import_files(file, place, shape, **how, heard=heard)
        told = {"file": str(file), "shape": shape, "read": done.told(), "notes": done.warnings()}
        store.write_manifest(place, {"name": "import", **told, "counts": done.counts})
    counts = done.counts
    for line in done.told():
        tell(line)
    tell(f"{counts['problems']:,} problems, {counts['traces']:,} traces, {counts['pairs']:,} pairs → {out}")
    for mark, count in {**counts["problem_marks"], **counts["marks"]}.items():
        tell(f"  marked {mark}: {count:,}")
    for warning in done.warnings():
        warn(f"  {warning}")
    give(
        {"out": str(out), "rows": done.rows, "unused_rows": done.bad.count, "counts": counts}
        | {"read": done.told(), "warnings": done.warnings()}
    )


def parse_mapping(settings: list[str]) -> dict[str, str]:
    """``answer=expected_answer`` as a role and its column.

    Raises:
        LimbeckError: a setting without ``=``.
    """
    columns = {}
    for setting in settings:
        role, sign, column = setting.partition("=")
        if not sign or not role.strip():
            raise LimbeckError(
                f"--map is written ROLE=COLUMN, such as answer=expected_answer, not {setting!r}"
            )
        columns[role.strip()] = column.strip()
    return columns


def some_rows(limit: int) -> None:
    """Raise for a ``--limit`` that is no number of rows."""
    if limit < 0:
        raise LimbeckError(f"--limit {limit}: a number of rows is wanted, 0 for all")


def _of_rows_alone(folder: Path, given: dict[str, Any]) -> None:
    """Raise for options that say how a file's rows are read, where there are none to read."""
    for option, value in given.items():
        if value:
            raise LimbeckError(f"{option} is for files of rows; {folder} holds traces, which are all judged")


def finished(folder: Path) -> store.StoredShards:
    """The data of a stage, an import or a verification that came to its end."""
    if folder.is_file():
        raise LimbeckError(f"{folder} is a file; `limbeck import {folder} --out FOLDER` makes a folder of it")
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


def verify_file(
    file: Path,
    out: Path,
    verifier: str,
    *,
    columns: dict[str, str] | None = None,
    format: str = "",
    limit: int = 0,
    overwrite: bool = False,
) -> None:
    """Check every row of a file, or every trace of a folder that a stage or an import wrote. The input is
    only read."""
    bind_verifier(verifier)  # wrong settings before anything is read
    some_rows(limit)
    if out.resolve() == file.resolve():
        raise LimbeckError(f"--out {out} is the input; choose another place")
    changes: Counter[tuple[str, str]] = Counter()
    silent: list[str] = []
    if file.is_dir() and next(file.glob("*.problems.parquet"), None):
        _of_rows_alone(file, {"--map": columns, "--format": format, "--limit": limit})
        shards = finished(file)
        with places.folder(out, overwrite, places.STORE) as place:
            _verify_store(shards, place, verifier, changes, silent)
    else:
        places.need_free(out, overwrite)
        settings = {"columns": columns, "format": format, "limit": limit}
        _verify_table(file, out, verifier, changes, silent, settings)
    _show_verified(changes, silent, "traces" if file.is_dir() else "rows", out)


def _show_verified(changes: Counter[tuple[str, str]], silent: list[str], unit: str, out: Path) -> None:
    """How many verdicts of each outcome there are, and how many another one stood before."""
    seen: Counter[str] = Counter()
    for (_, after), count in changes.items():
        seen[after] += count
    summary = ", ".join(f"{count:,} {outcome}" for outcome, count in seen.most_common())
    tell(f"{seen.total():,} {unit}: {summary} → {out}")
    if silent:
        tell(f"  the first unknown one: {silent[0]}")
    changed = {pair: count for pair, count in changes.items() if pair[0] and pair[0] != pair[1]}
    if any(before for before, _ in changes):
        tell(f"{sum(changed.values()):,} verdicts changed{':' if changed else ''}")
        for (before, after), count in sorted(changed.items(), key=lambda item: -item[1]):
            tell(f"  {before} → {after}: {count:,}")
    told = {f"{before} → {after}": count for (before, after), count in changed.items()}
    give({"out": str(out), unit: seen.total(), "outcomes": dict(seen), "changed": told})


def _verify_table(
    file: Path,
    out: Path,
    verifier: str,
    changes: Counter[tuple[str, str]],
    silent: list[str],
    settings: dict[str, Any],
) -> None:
    from limbeck.shapes import verifying
    from limbeck.tables import BadRows, write_rows

    bad = BadRows()
    as_lines = suffix(out) in (".jsonl", ".ndjson")

    def checked() -> Iterator[Any]:
        parts = verifying.verify_file(file, partial(bind_verifier, verifier), as_lines=as_lines, **settings)
        with closing(parts), counted("verifying", total=verifying.size_of(file)) as heard:
            for part in parts:
                changes.update(part.changes)
                bad.merge(part.bad)
                silent.extend([part.silent] if part.silent and not silent else [])
                yield from part.rows
                heard(part.changes.total(), part.bytes)

    write_rows(out, checked())
    if bad.count:
        warn(bad.summary())


def _verify_store(
    shards: store.StoredShards,
    out: Path,
    verifier: str,
    changes: Counter[tuple[str, str]],
    silent: list[str],
) -> None:
    from limbeck.cli import verifying

    make = partial(bind_verifier, verifier)
    with counted("verifying", "traces", total=verifying.traces_in(shards)) as heard:
        parts = verifying.verify_store(shards, out, make, heard=lambda traces: heard(traces, traces))
        for part in parts:
            changes.update(part.changes)
            silent.extend([part.silent] if part.silent and not silent else [])
    bound = make()
    used = {"verifier": bound.name, "params": bound.params}
    told = {f"{before or 'none'} → {after}": count for (before, after), count in changes.items()}
    counts = counting.counts(store.read_data(out))
    store.write_manifest(
        out, {"name": "verify", "from": str(shards.folder), **used, "changes": told, "counts": counts}
    )
