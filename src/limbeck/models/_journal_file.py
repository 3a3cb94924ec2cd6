"""Completions on disk, one a line: a file that is written to, and packed ones of what filled it before.

``journal.jsonl`` takes each line in one system call, so that a kill tears no line but its last, which never
counted. When it has grown, it becomes ``journal.00000.jsonl.zst``, ``journal.00001.jsonl.zst``, …, each
written as a whole or not at all. Lines say the version of their form; every earlier form is read.
"""

from __future__ import annotations

import glob
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.pipeline.atomic import make_folder, write_atomic

VERSION = 2
PACKED = 16 * 2**20
"""Bytes of lines in a packed file: it is unpacked as a whole to read one of them."""

_OFFSETS = 48
"""Bits of a place that say where in its file a line begins; those above say in which file."""


class Entry(Struct):
    """Which sample was asked for, and what came back."""

    key: str
    completion: Completion


class _Line(Struct, kw_only=True):
    """An entry as a line: the version of its form, a CRC-32 of key and completion, the completion's JSON."""

    v: int = 1  # the first form said neither
    crc: int = 0
    key: str
    completion: msgspec.Raw


_LINE, _COMPLETION = msgspec.json.Decoder(_Line), msgspec.json.Decoder(Completion)
_ENCODER = msgspec.json.Encoder()


def _crc(key: str, completion: bytes | memoryview) -> int:
    return zlib.crc32(completion, zlib.crc32(key.encode()))


def _first_form(line: _Line) -> Completion:
    """Version 1, which kept what an endpoint sent: an alternative token might have null for a number."""
    raw: Any = msgspec.json.decode(line.completion)
    for token in raw.get("tops") or []:
        token[1] = {text: logp for text, logp in token[1].items() if logp is not None}
    return msgspec.convert(raw, Completion)


def _second_form(line: _Line) -> Completion:
    if line.crc != _crc(line.key, line.completion):
        raise ValueError("it was changed since it was written")
    return _COMPLETION.decode(line.completion)


_FORMS: dict[int, Callable[[_Line], Completion]] = {1: _first_form, VERSION: _second_form}


def decoded(text: bytes) -> Entry:
    """The entry in a line of any form.

    Raises:
        ValueError: it has none that can be read.
    """
    try:
        line = _LINE.decode(text)
        if line.v not in _FORMS:
            raise ValueError(f"version {line.v}, of another Limbeck than this")
        return Entry(line.key, _FORMS[line.v](line))
    except (TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def encoded(key: str, completion: Completion) -> bytes:
    """A line, proven to give its completion back.

    Raises:
        ValueError: it would not: half an emoji, a number that is none or beyond 64 bits.
    """
    try:
        raw = _ENCODER.encode(completion)
        same = _COMPLETION.decode(raw) == completion
    except (OverflowError, TypeError) as error:
        raise ValueError(str(error)) from error
    if not same:
        raise ValueError("it does not come back as it was")
    line = _Line(v=VERSION, crc=_crc(key, raw), key=key, completion=msgspec.Raw(raw))
    return _ENCODER.encode(line) + b"\n"


def packed(path: Path) -> list[Path]:
    """The packed files of a journal, oldest first."""
    names = path.parent.glob(f"{glob.escape(path.stem)}.?????{glob.escape(path.suffix)}.zst")
    return sorted(name for name in names if re.search(r"\.\d{5}\.", name.name[len(path.stem) :]))


def pack(path: Path) -> None:
    """Pack what a journal's open file holds and remove the file.

    Raises:
        LimbeckError: it cannot be written; the file is then as it was.
    """
    import pyarrow as pa

    if not path.exists():
        return
    before = packed(path)
    number = int(before[-1].name[len(path.stem) + 1 :][:5]) + 1 if before else 0
    with path.open("rb") as file:
        while lines := file.readlines(PACKED):
            if not lines[-1].endswith(b"\n"):
                lines.pop()  # torn by a kill
            lines.append(_end(len(lines)))
            content = pa.Codec("zstd", compression_level=3).compress(b"".join(lines), asbytes=True)
            write_atomic(path.with_name(f"{path.stem}.{number:05d}{path.suffix}.zst"), content)
            number += 1
    path.unlink()


def _end(count: int) -> bytes:
    """The last line of a packed file: without it, one that was cut short would pass for a smaller one."""
    return b'{"packed":%d}\n' % count


def unpacked(path: Path) -> tuple[bytes, str]:
    """The lines of a packed file, and what is wrong with it; of a damaged one those before the damage."""
    import pyarrow as pa

    pieces: list[bytes] = []
    why = "cut short"
    try:
        with pa.input_stream(path, compression="zstd") as file:
            while piece := file.read(2**20):
                pieces.append(piece)
    except (OSError, pa.ArrowException) as error:
        why = _clipped(error)
    content = b"".join(pieces)
    content = content[: content.rfind(b"\n") + 1]
    count = content.count(b"\n") - 1
    whole = content.endswith(_end(count))
    return content.removesuffix(_end(count)), "" if whole else f"{path.name} is damaged ({why})"


def _clipped(error: Exception) -> str:
    """An error's first words: a reason to count by."""
    return str(error).partition("\n")[0][:120]


class JournalFile:
    """The lines of a journal by their keys.

    Args:
        path: the open file; packed ones lie beside it. Both are made when first needed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.unread: Counter[str] = Counter()
        """Lines that cannot be read, by reason: they are as if never written."""
        self.packed = packed(path)
        # Places alone are kept: completions of a long run would not fit into memory.
        self.places: dict[str, int] = {}
        self.file: FileIO | None = None
        if self.path.exists() and self.path.stat().st_size > 2 * PACKED:
            pack(self.path)  # of a version that packed nothing
            self.packed = packed(path)
        for number, name in enumerate(self.packed):
            content, damage = unpacked(name)
            self.unread.update([damage] if damage else [])
            self._note(number, content)
        self.end = self._open_file()

    def _open_file(self) -> int:
        """Note the lines of the open file, without a torn last one; returns where the next one begins."""
        if not self.path.exists():
            return 0
        content = self.path.read_bytes()
        end = content.rfind(b"\n") + 1
        if end < len(content):
            with self.path.open("rb+") as file:
                file.truncate(end)
        if end and not self._note(len(self.packed), content[:end]):
            self.path.unlink()  # a kill came between its packing and its removal
            return 0
        return end

    def _note(self, number: int, content: bytes) -> bool:
        """Note where each line of a file begins; whether there was any that is not known already."""
        start, news = 0, False
        for line in content.splitlines(keepends=True):
            try:
                key = decoded(line).key
                news = news or key not in self.places
                self.places.setdefault(key, number << _OFFSETS | start)
            except ValueError as error:
                self.unread[_clipped(error)] += 1
                news = True
            start += len(line)
        return news

    def entries(self, places: list[int]) -> Iterator[Entry]:
        """What stands at places, in their order; files are read from front to back if that is sorted."""
        number, content = -1, b""
        for place in places:
            if place >> _OFFSETS != number:
                number = place >> _OFFSETS
                name = self.packed[number] if number < len(self.packed) else self.path
                content = name.read_bytes() if name == self.path else unpacked(name)[0]
            start = place & (1 << _OFFSETS) - 1
            yield decoded(content[start : content.index(b"\n", start)])

    def add(self, key: str, line: bytes) -> None:
        """Write a line under its key.

        Raises:
            LimbeckError: the disk is full or nothing may be written there.
        """
        self._write(line)
        self.places[key] = len(self.packed) << _OFFSETS | self.end
        self.end += len(line)
        if self.end >= PACKED:
            self.close()
            pack(self.path)
            self.packed, self.end = packed(self.path), 0

    def _write(self, line: bytes) -> None:
        """One line in one system call, so that a kill of this process tears nothing that was handed on."""
        try:
            if self.file is None:
                make_folder(self.path.parent)
                self.file = self.path.open("ab", buffering=0)
            done = self.file.write(line)
        except OSError as error:
            raise LimbeckError(f"cannot write {self.path}: {error}; what it holds is kept") from error
        if done != len(line):
            # Cut off again, so that what follows does not join it.
            self.file.truncate(self.end)
            raise LimbeckError(f"cannot write {self.path}: the disk is full; what it holds is kept")

    def close(self) -> None:
        """Nothing is written for now."""
        if self.file is not None:
            self.file.close()
        self.file = None


def unread(path: Path) -> Counter[str]:
    """How many lines of a journal cannot be read, by reason. A torn last one is none; nothing is changed."""
    reasons = Counter[str]()
    contents = [path.read_bytes()] if path.exists() else []
    for name in packed(path):
        content, damage = unpacked(name)
        contents.append(content)
        reasons.update([damage] if damage else [])
    for line in (line for content in contents for line in content.splitlines(keepends=True)):
        try:
            if line.endswith(b"\n"):
                decoded(line)
        except ValueError as error:
            reasons[_clipped(error)] += 1
    return reasons


def entries(path: Path) -> Iterator[Entry]:
    """All entries of a journal, each sample's once."""
    lines = JournalFile(path)
    return lines.entries(sorted(lines.places.values()))
