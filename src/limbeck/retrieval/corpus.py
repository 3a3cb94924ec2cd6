"""The passages of an index: texts with where they are from, mapped from a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from msgspec import Struct
from msgspec.structs import asdict

from limbeck.errors import LimbeckError
from limbeck.pipeline.atomic import move_atomic
from limbeck.records import Problem

FILE = "passages.arrow"
_FIELDS = (("id", pa.string()), ("text", pa.large_string()), ("document", pa.string()))
_SCHEMA = pa.schema([*_FIELDS, ("start", pa.int64()), ("end", pa.int64())])
_BATCH = 10_000


class Passage(Struct, frozen=True, kw_only=True):
    """A piece of a document: its text, the document's name, and where it stands there, in characters.

    ``start`` and ``end`` are -1 where nobody knows.
    """

    id: str
    text: str
    document: str = ""
    start: int = -1
    end: int = -1


def passage_of(problem: Problem) -> Passage:
    """A passage as `problems/documents` and `knowledge/chunks` write it, where a question stands."""
    meta = problem.meta
    return Passage(
        id=problem.id,
        text=problem.question,
        document=str(meta.get("document") or problem.source),
        start=int(meta.get("start", -1)),
        end=int(meta.get("end", -1)),
    )


def passage_in(row: dict[str, Any]) -> Passage:
    """A passage as ``meta["passages"]`` has it; one that came with a row may have its text alone."""
    text, document = str(row["text"]), str(row.get("document") or "")
    start, end = (int(row.get(name, -1)) for name in ("start", "end"))
    return Passage(id=str(row.get("id") or text), text=text, document=document, start=start, end=end)


class Corpus:
    """Passages by their place, read from a mapped file as they are asked for."""

    def __init__(self, folder: Path) -> None:
        try:
            self._table = pa.ipc.open_file(pa.memory_map(str(folder / FILE))).read_all()
        except (OSError, pa.ArrowInvalid) as error:
            raise LimbeckError(f"{folder} holds no passages: {error}") from error

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def texts(self) -> Iterator[str]:
        """All texts, in order."""
        for chunk in self._table.column("text").chunks:
            yield from (text.as_py() for text in chunk)

    def at(self, places: Sequence[int]) -> list[Passage]:
        """The passages at some places, in the order asked for."""
        rows = self._table.take(pa.array(places, pa.int64())).to_pylist()
        return [Passage(**row) for row in rows]

    def all(self) -> Iterator[Passage]:
        """All passages, in order."""
        for batch in self._table.to_batches():
            yield from (Passage(**row) for row in batch.to_pylist())


def write(folder: Path, problems: Iterable[Problem]) -> tuple[int, str]:
    """Write passages to a folder, those without a mark; returns how many, and a digest of them.

    Raises:
        LimbeckError: there are none, or two have the same id.
    """
    folder.mkdir(parents=True, exist_ok=True)
    partial, ids, digest = folder / f".{FILE}", set[str](), hashlib.blake2b(digest_size=8)
    with pa.OSFile(str(partial), "wb") as file, pa.ipc.new_file(file, _SCHEMA) as writer:
        for passages in _batches(passage_of(problem) for problem in problems if not problem.marks):
            for passage in passages:
                if passage.id in ids:
                    raise LimbeckError(
                        f"two passages have the id {passage.id!r}; join sets by curation/merge"
                    )
                ids.add(passage.id)
                digest.update(f"{passage.id}\0{passage.text}\0".encode("utf-8", "surrogatepass"))
            writer.write_table(pa.Table.from_pylist([asdict(each) for each in passages], _SCHEMA))
    if not ids:
        raise LimbeckError("there is no passage without a mark to make an index of")
    move_atomic(partial, folder / FILE)
    return len(ids), digest.hexdigest()


def _batches(passages: Iterable[Passage]) -> Iterator[list[Passage]]:
    batch: list[Passage] = []
    for passage in passages:
        batch.append(passage)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
