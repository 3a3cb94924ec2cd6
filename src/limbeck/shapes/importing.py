"""Files of any tool's rows into problems, traces and pairs in memory, and what every import has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from operator import attrgetter
from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.pipeline import inventory, store
from limbeck.problems.ops import report_bad
from limbeck.records import Data
from limbeck.shapes.collecting import Apart, Collector
from limbeck.shapes.roles import HEADS
from limbeck.shapes.table import Reading, reading
from limbeck.tables import CHUNK, BadRows, Block, Row, blocks, rows_in

HEAD_BYTES = 64 << 20
"""Bytes that wait until a file's first rows are read; rows of more than half a megabyte each decide when they
are so many."""
Planned = tuple[Block, Reading, str]
"""A block, how its file is read, and what its rows' names begin with."""


@dataclass
class Imported:
    """What an import did: how each file was read, rows that could not be used, counts of what came of the
    rest."""

    readings: dict[str, Reading] = field(default_factory=dict)
    bad: BadRows = field(default_factory=BadRows)
    rows: int = 0
    counts: dict[str, Any] = field(default_factory=dict)

    def told(self) -> list[str]:
        """How the files were read, for people; files that were read alike are told once."""
        alike: dict[tuple[str, ...], list[str]] = {}
        for file, how in self.readings.items():
            alike.setdefault(tuple(how.told()), []).append(file)
        if len(alike) == 1:
            return list(next(iter(alike)))
        return [line for lines, files in alike.items() for line in (f"{_some(files)}:", *lines)]

    def warnings(self) -> list[str]:
        """What should be looked at before the data is used."""
        warnings = list(dict.fromkeys(text for how in self.readings.values() for text in how.warnings()))
        if self.counts.get("problems") and not self.counts.get("references"):
            warnings.append("no row has a reference answer; no verifier of answers can judge these traces")
        return warnings + ([self.bad.summary()] if self.bad.count else [])


def _some(files: list[str]) -> str:
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"


def import_rows(
    path: str | Path,
    shape: str = "auto",
    *,
    verifier: str = "math",
    format: str = "",
    columns: Mapping[str, str] | None = None,
    limit: int = 0,
    told: Callable[[Imported], None] | None = None,
) -> Data:
    """Read a file of another tool's rows, or a folder of Limbeck's own, into memory.

    Rows with the same question come under one problem. Unusable rows are counted and reported in one warning.

    Args:
        path: a file of a kind that `limbeck.tables` reads, a folder of such, or a glob.
        shape: a name in `SHAPES`, or ``auto`` to tell by columns and values.
        verifier: what should check answers to these problems, unless the rows say it themselves.
        format: how reasoning and answer make a text (a file of `limbeck.formats`); empty: by think tags.
        columns: role to column, where names do not tell: ``{"reference": "expected"}``.
        limit: read no more rows than this; 0 reads all.
        told: is given how the file was read; without it, bad rows are logged.

    Raises:
        LimbeckError: no such file or shape, no column that is the question, or not one usable row.
    """
    if is_folder_of_data(path):
        return store.read_data(Path(path)).all()
    done = Imported()
    given = {"shape": shape, "verifier": verifier, "format": format, "columns": columns}
    return _in_memory(blocks(path, done.bad), done, given, limit, str(path), told)


def from_rows(
    rows: Iterable[Row],
    shape: str = "auto",
    *,
    verifier: str = "math",
    format: str = "",
    columns: Mapping[str, str] | None = None,
    limit: int = 0,
    told: Callable[[Imported], None] | None = None,
    where: str = "the rows",
) -> Data:
    """Rows that are in memory already, as `import_rows` reads them from a file; arguments as there.

    Args:
        where: what errors call the rows.

    Raises:
        LimbeckError: as `import_rows`.
    """
    done = Imported()
    given = {"shape": shape, "verifier": verifier, "format": format, "columns": columns}
    return _in_memory(_cut(rows, where, done.bad), done, given, limit, where, told)


def _cut(rows: Iterable[Row], where: str, bad: BadRows) -> Iterator[Block]:
    """Rows in memory as the blocks of a file; what is no row is counted."""
    stream = enumerate(rows, 1)
    while chunk := list(islice(stream, CHUNK)):
        for number, row in chunk:
            if not isinstance(row, dict):
                bad.add(f"{where} row {number}", f"a mapping is wanted, not {type(row).__name__}")
        yield Block(where, chunk[0][0], [each for each in chunk if isinstance(each[1], dict)], "rows")


def _in_memory(
    pieces: Iterable[Block],
    done: Imported,
    given: dict[str, Any],
    limit: int,
    where: str,
    told: Callable[[Imported], None] | None,
) -> Data:
    """The data of all blocks, or of the first ``limit`` rows; what can be told of them goes to ``done``."""
    collector = Collector()
    for block, how, prefix in planned(pieces, done, given):
        rows = islice(rows_in(block, done.bad), limit - done.rows if limit else None)
        done.rows += read_into(rows, block.file, how, prefix, collector, done.bad)
        if limit and done.rows >= limit:
            break
    data = collector.finished()
    need_rows(len(data.problems), where, done.bad)
    done.counts = {
        "problems": len(data.problems),
        "references": sum(it.answer is not None for it in data.problems),
    }
    if told:
        told(done)
    else:
        report_bad(done.bad, None)
    return data


def is_folder_of_data(path: str | Path) -> bool:
    """Whether a folder holds Limbeck's own data.

    Raises:
        LimbeckError: it does, and what wrote it was interrupted.
    """
    folder = Path(path)
    if not inventory.is_store(folder):
        return False
    store.need_finished(folder)
    return True


def need_rows(count: int, path: str | Path, bad: BadRows) -> None:
    if not count:
        raise LimbeckError(f"{path}: {bad.summary() if bad.count else 'no rows'}")


def planned(pieces: Iterable[Block], done: Imported, given: dict[str, Any]) -> Iterator[Planned]:
    """Every block with how its file is read, which is decided by the file's first rows, and what its rows are
    called."""
    for file, of_file in groupby(pieces, attrgetter("file")):
        first, heads = _begin(of_file, done.bad)
        if not heads:
            continue
        how = done.readings[file] = reading(heads, **given, where=file)
        several = f"file-{len(done.readings)}-" if len(done.readings) > 1 else ""
        for block in chain(first, of_file):
            yield block, how, several


def _begin(of_file: Iterator[Block], bad: BadRows) -> tuple[list[Block], list[Row]]:
    """A file's first rows, which its roles are decided by, and the blocks that hold them. Blocks in which no
    row can be read are done with; rows so large that `HEAD_BYTES` hold less than all decide as they are."""
    first: list[Block] = []
    heads: list[Row] = []
    size = 0
    for block in of_file:
        unread = BadRows()
        rows = [row for _, row in islice(rows_in(block, unread), HEADS - len(heads))]
        heads += rows
        if rows:
            first.append(block)
            size += block.size
        else:
            bad.merge(unread)
        if len(heads) == HEADS or size >= HEAD_BYTES:
            break
    return first, heads


def read_into(
    rows: Iterable[tuple[int, Row]],
    file: str,
    how: Reading,
    prefix: str,
    into: Collector | Apart,
    bad: BadRows,
) -> int:
    """Rows of a file into a collector; returns how many there were. A bad row is counted."""
    count = 0
    for number, row in rows:
        count += 1
        name = f"{prefix}row-{number}"
        try:
            into.add(*how.records(row, name, number), name)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why = f"no column {error}" if isinstance(error, KeyError) else error
            bad.add(f"{file} row {number}", why)
    return count
