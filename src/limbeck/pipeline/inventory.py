"""What a folder holds, file by file: written into its manifest, held against the files when they are read."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.errors import Failed
from limbeck.pipeline import artefacts
from limbeck.pipeline.arrow import TABLES

MANIFEST = "manifest.json"
FOLDERS = (*(each.folder for each in artefacts.ALL if each.folder), "adapter")
"""Folders inside a stage's that hold what it made."""
SMALL = 1 << 20
"""Bytes of a table up to which it is read by one thread."""
SHARD = re.compile(r"(\d{5})\.(problems|traces|pairs)\.parquet")


class Damaged(Failed):
    """A file that is not what was written. Nothing that was read before is wrong."""

    def __init__(self, message: str, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path


class Entry(msgspec.Struct, omit_defaults=True):
    """A file as it was written: its size, its digest (none of a link, which is somebody else's file) and, of
    a table, its rows."""

    bytes: int
    sha256: str = ""
    rows: int | None = None


Files = dict[str, Entry]
"""Entries by path relative to the folder."""


def damaged(path: Path, what: str) -> Damaged:
    """The error for a file that cannot be used."""
    folder = path.parent.parent if path.parent.name in FOLDERS else path.parent
    return Damaged(
        f"cannot read {path}: {what}; `limbeck repair {shlex.quote(str(folder))}` keeps what is damaged "
        "aside, and what is sound stays",
        path,
    )


def kept_files(folder: Path) -> Iterator[Path]:
    """The files that a folder's manifest lists: tables, and all of an artefact but its card."""
    yield from sorted(path for path in folder.glob("[!.]*.parquet") if path.is_file())
    for name in FOLDERS:
        files = sorted(path for path in (folder / name).rglob("*") if path.is_file())
        yield from (path for path in files if path.name[0] != "." and path.name != "README.md")


def taken(folder: Path) -> Files:
    """The inventory of a folder that has just been written.

    Raises:
        Damaged: a table cannot be read.
    """
    return {path.relative_to(folder).as_posix(): _entry(path) for path in kept_files(folder)}


def _entry(path: Path) -> Entry:
    rows = rows_of(path) if path.suffix == ".parquet" else None
    return Entry(path.stat().st_size, "" if path.is_symlink() else digest(path), rows)


def digest(path: Path) -> str:
    """SHA-256 of a file, as ``sha256sum`` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def rows_of(path: Path) -> int:
    """Rows of a table, by its footer.

    Raises:
        Damaged: it is missing or no table.
    """
    try:
        return int(pq.read_metadata(path).num_rows)
    except PermissionError:
        raise
    except (OSError, pa.ArrowException) as error:
        raise damaged(path, _told(error)) from error


def manifest(folder: Path) -> dict[str, Any] | None:
    """What ``manifest.json`` holds; None where there is none.

    Raises:
        Damaged: it is there and no manifest.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(path, f"it is no manifest ({_told(error)})") from error
    if not isinstance(content, dict):
        raise damaged(path, "it is no manifest (a mapping is wanted)")
    return content


def is_store(folder: Path) -> bool:
    """Whether a folder holds shards, as a stage or ``limbeck import`` writes them, or did by its manifest."""
    if not folder.is_dir() or any(folder.glob("?????.problems.parquet")):
        return folder.is_dir()
    try:
        made = manifest(folder) or {}
        return "schema" in made and bool(shards_in(listed(folder) or ()))
    except Damaged:  # or somebody else's manifest
        return False


def listed(folder: Path) -> Files | None:
    """The inventory in the manifest of a folder, or of the stage's that it is an artefact of; None where
    there is no manifest, or one of before manifests listed files.

    Raises:
        Damaged: the manifest contradicts itself.
    """
    files = _files(folder)
    if files is None and folder.name in FOLDERS and (outer := _files(folder.parent)) is not None:
        prefix = f"{folder.name}/"
        inner = {name: entry for name, entry in outer.items() if name.startswith(prefix)}
        files = {name.removeprefix(prefix): entry for name, entry in inner.items()}
    return files


def _files(folder: Path) -> Files | None:
    made = manifest(folder)
    if made is None or "files" not in made:
        return None
    path = folder / MANIFEST
    try:
        files = msgspec.convert(made["files"], Files)
    except msgspec.ValidationError as error:
        raise damaged(path, f"its list of files is none ({error})") from error
    for name in files:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise damaged(path, f"it lists {name!r}, which lies elsewhere")
    _need_whole_shards(files, path)
    need_counted(files, made, path)
    return files


def _need_whole_shards(files: Files, path: Path) -> None:
    """Refuse a list that lacks files of a shard."""
    for index in range(shards_in(files)):
        for name in TABLES:
            if f"{index:05d}.{name}.parquet" not in files:
                raise damaged(path, f"it does not list {index:05d}.{name}.parquet")


def need_counted(files: Files, made: dict[str, Any], path: Path) -> None:
    """Hold an inventory against the counts of its manifest.

    Raises:
        Damaged: it holds more or fewer records than were counted.
    """
    counts = made.get("counts") or {}
    for name in TABLES:
        rows = sum(entry.rows or 0 for file, entry in files.items() if file.endswith(f".{name}.parquet"))
        if isinstance(counts, dict) and counts.get(name, rows) != rows:
            raise damaged(path, f"it counts {counts[name]:,} {name}, and its files hold {rows:,}")


def shards_in(files: Iterable[str]) -> int:
    """How many shards files belong to: up to the last."""
    shards = [int(match[1]) for match in map(SHARD.fullmatch, files) if match]
    return max(shards, default=-1) + 1


def need_sound(path: Path, entry: Entry) -> None:
    """Hold a file against its entry as far as that costs nothing: it is there, and as long as it was.

    Raises:
        Damaged: it is not.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise damaged(path, _told(error)) from error
    if not path.is_file():
        raise damaged(path, "it is no file")
    if size != entry.bytes:
        raise damaged(path, f"it has {size:,} bytes, and {entry.bytes:,} were written")


def need_whole(folder: Path, tables_only: bool = False) -> None:
    """Hold a finished folder against its manifest as far as that costs nothing.

    Args:
        tables_only: leave an artefact's files out, which may be large, and be gone because they were.

    Raises:
        Damaged: a file is missing, or longer or shorter than it was.
    """
    for name, entry in (listed(folder) or {}).items():
        if "/" not in name or not tables_only:
            need_sound(folder / name, entry)


def need_as_written(path: Path, entry: Entry) -> None:
    """Hold all of a file against its entry.

    Raises:
        Damaged: it is not what was written.
    """
    need_sound(path, entry)
    try:
        content = digest(path) if entry.sha256 else ""
    except OSError as error:
        raise damaged(path, _told(error)) from error
    if content != entry.sha256:
        raise damaged(path, "it is not what was written: its SHA-256 differs from that in the manifest")
    if entry.rows is not None and (rows := rows_of(path)) != entry.rows:
        raise damaged(path, f"it holds {rows:,} rows, not {entry.rows:,}")


def table(path: Path, entry: Entry | None = None, columns: Sequence[str] | None = None) -> pa.Table:
    """A table, held against its entry and, always, against the checksums in its pages.

    Args:
        columns: only these; then the file's digest is not looked at.

    Raises:
        Damaged: it is missing, or not what was written. A file that may not be read is the `OSError` it is.
    """
    try:
        if entry is None or columns is not None:
            if entry is not None:
                need_sound(path, entry)
            source: Any = path
        else:
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() != entry.sha256:
                need_as_written(path, entry)
            source = pa.BufferReader(content)
        with pq.ParquetFile(source, page_checksum_verification=True) as file:
            if entry is not None and file.metadata.num_rows != entry.rows:
                raise damaged(path, f"it holds {file.metadata.num_rows:,} rows, not {entry.rows:,}")
            # Threads cost small tables time, and a process that ends while Arrow still starts them may abort.
            threads = path.stat().st_size > SMALL
            return file.read(None if columns is None else [*columns], use_threads=threads)
    except PermissionError:
        raise
    except (OSError, pa.ArrowException, ValueError) as error:
        raise damaged(path, _told(error)) from error


def _told(error: Exception) -> str:
    """An error in a few words."""
    if isinstance(error, FileNotFoundError):
        return "it is missing"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(words).splitlines()[0].rstrip(". ")
