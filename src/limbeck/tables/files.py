"""What kind a file is, and its bytes: unpacked, and in UTF-8."""

from __future__ import annotations

import codecs
import io
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from limbeck.errors import unknown

PACKED = (".gz", ".zst", ".lz4", ".bz2", ".xz")
KINDS = {
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}
"""Which reader a suffix wants."""
_PACKINGS = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
}
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # begins like that of UTF-16, so it is looked for first
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
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


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """A file's bytes. What it is packed with its first bytes say: names are sometimes wrong."""
    with path.open("rb") as file:
        head = file.read(8)
    packing = next((name for magic, name in _PACKINGS.items() if head.startswith(magic)), None)
    if packing == "xz":
        with lzma.open(path) as stream:
            yield stream
    elif packing:
        with pa.input_stream(str(path), compression=packing) as source:
            yield io.BufferedReader(source)
    else:
        with path.open("rb") as file:
            yield file


@contextmanager
def utf8(path: Path) -> Iterator[IO[bytes]]:
    """A text file's bytes, unpacked and in UTF-8 without a mark, whatever Unicode it is written in."""
    with unpacked(path) as stream:
        head = stream.read(4)
    encoding = next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")
    with unpacked(path) as stream:
        if encoding:
            yield io.BufferedReader(_Recoded(io.TextIOWrapper(stream, encoding, "replace", newline="")))
        else:
            stream.read(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0)
            yield stream


class _Recoded(io.RawIOBase):
    """A text's bytes in UTF-8."""

    def __init__(self, text: IO[str]):
        self._text, self._rest = text, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = self._text.read(1 << 16).encode()
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count
