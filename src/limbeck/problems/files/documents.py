"""Passages of documents, from files of text or of rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from limbeck.pipeline.context import Context
from limbeck.problems.ops import convert, report_bad, unique
from limbeck.records import Data, Problem
from limbeck.tables import BadRows, Row, read_rows
from limbeck.tables.files import KINDS, suffix, utf8
from limbeck.tables.folders import sources
from limbeck.texts.passages import texts_of
from limbeck.texts.questions import problem_id
from limbeck.texts.steps import By, segment
from limbeck.types import Count, CountOrNone, InputFile

COARSE_TO_FINE: tuple[By, ...] = ("paragraphs", "lines", "sentences")


def documents(
    *,
    path: InputFile,
    column: str = "text",
    longest: Count = 4000,
    shortest: CountOrNone = 200,
    source: str = "",
    split: str = "train",
    ctx: Context | None = None,
) -> Data:
    """Passages of documents: text files as they are, or a column of JSONL, JSON, CSV or Parquet.

    A passage is what `curation/back_translate` asks questions about and `curation/mined_chains` takes
    chains from. It stands where a problem's question stands, so that whatever compares or marks questions
    does so with passages. Paragraphs are put together up to ``longest``; one that is longer is cut between
    lines, or sentences.

    Args:
        path: a file or a glob, gzip allowed. What is no file of rows is read as text.
        column: of rows: a text, or a list of texts or of mappings with ``text``. Other columns go to
            ``meta``.
        longest: characters of a passage.
        shortest: a passage of fewer characters is left out, and counted.
        source: the domain; empty takes a column ``source``, else the file's name.

    Returns:
        Problems without an answer; ``meta["document"]`` is the file's name with the row,
        ``meta["passage"]`` the passage's place in it.

    Raises:
        LimbeckError: no such file or column, or nothing in it can be read. Bad rows are counted.
    """
    bad, made, short = BadRows(), list[Problem](), 0
    for file, _ in sources(path):
        for name, text, meta in _texts(file, column, bad):
            domain = source or str(meta.pop("source", "") or file.name.split(".")[0])
            for place, (start, end) in enumerate(cut(text, longest)):
                passage = text[start:end].strip()
                if len(passage) < max(shortest, 1):
                    short += 1
                    continue
                meta = {**meta, "document": name, "passage": place}
                made.append(
                    Problem(id=problem_id(passage), question=passage, source=domain, split=split, meta=meta)
                )
    data = Data(unique(made, bad))
    report_bad(bad, ctx)
    if ctx:
        ctx.log(f"{len(data.problems):,} passages; {short:,} shorter than {shortest} characters left out")
    return data


def _texts(file: Path, column: str, bad: BadRows) -> Iterator[tuple[str, str, Row]]:
    """Name, text and other columns of each document in a file."""
    if suffix(file) not in KINDS:
        with utf8(file) as stream:
            yield file.name, stream.read().decode(errors="replace"), {}
        return

    def build(number: int, row: Row) -> tuple[str, str, Row]:
        value = row[column]
        text = value if isinstance(value, str) else "\n\n".join(texts_of(value, f"column {column!r}"))
        return f"{file.name}:{number + 1}", text, {key: row[key] for key in row if key != column}

    yield from convert(read_rows(file, bad), [column], build, str(file), bad)


def cut(text: str, longest: int) -> Iterator[tuple[int, int]]:
    """``(start, end)`` of each passage, end to end: as many pieces as fit."""
    start = end = 0
    for begin, stop in _pieces(text, 0, len(text), longest, COARSE_TO_FINE):
        if stop - start > longest and end > start:
            yield start, end
            start = begin
        end = stop
    if end > start:
        yield start, end


def _pieces(
    text: str, start: int, end: int, longest: int, kinds: tuple[By, ...]
) -> Iterator[tuple[int, int]]:
    if end - start <= longest:
        yield start, end
    elif not kinds:
        yield from ((at, min(at + longest, end)) for at in range(start, end, longest))
    else:
        for begin, stop in segment(text[start:end], kinds[0]):
            yield from _pieces(text, start + begin, start + stop, longest, kinds[1:])
