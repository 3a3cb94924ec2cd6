"""Which files a path means, what kind each is, and their bytes, unpacked."""

from __future__ import annotations

import io
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from limbeck.errors import LimbeckError, nearest, unknown

PACKED = (".gz", ".zst", ".lz4", ".bz2", ".xz")
KINDS = {
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
}
_MARKS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\xef\xbb\xbf": "utf-8-sig",
}


def suffix(path: Path) -> str:
    """The suffix that says what is in a file, such as ``.jsonl`` of ``rows.jsonl.gz``."""
    name = Path(path.name.lower())
    return (name.with_suffix("") if name.suffix in PACKED else name).suffix


def kind(path: Path) -> str:
    """Which reader a file wants.

    Raises:
        LimbeckError: an unknown suffix.
    """
    if (ending := suffix(path)) not in KINDS:
        raise unknown("file type", ending or path.name, KINDS, str(path))
    return KINDS[ending]


def files(path: str | Path) -> list[Path]:
    """The file, or all files that a glob matches, in name order.

    Raises:
        LimbeckError: there is none.
    """
    path = Path(path)
    if path.is_file():
        return [path]
    matching = sorted(entry for entry in map(Path, glob(str(path))) if entry.is_file())
    if not matching:
        known = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise LimbeckError(f"no file at {path}{nearest(path.name, known)}")
    return matching


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """A file's bytes. What it is packed with its first bytes say: names are sometimes wrong."""
    with path.open("rb") as file:
        head = file.read(8)
    packing = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)
    if packing == "xz":
        with lzma.open(path) as stream:
            yield stream
        return
    with pa.input_stream(str(path), compression=packing) as source:
        yield io.BufferedReader(source)


@contextmanager
def utf8(path: Path) -> Iterator[IO[bytes]]:
    """A text file's bytes, unpacked and in UTF-8 without a mark, whatever Unicode it is written in."""
    with unpacked(path) as stream:
        head = stream.read(4)
    mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
    with unpacked(path) as stream:
        if _MARKS.get(mark, "").startswith(("utf-16", "utf-32")):
            yield io.BufferedReader(_Recoded(io.TextIOWrapper(stream, _MARKS[mark], "replace", newline="")))
        else:
            stream.read(3 if mark else 0)
            yield stream


class _Recoded(io.RawIOBase):
    """A text's bytes in UTF-8."""

    def __init__(self, text: IO[str]):
        self._text, self._rest = text, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = self._text.read(1 << 16).encode("utf-8", "replace")
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count
