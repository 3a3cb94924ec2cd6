"""Texts that mean nearly the same, in other words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from msgspec.structs import replace

from limbeck import embedding
from limbeck.curation.ops import marked
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.types import PositiveShare, Shards

CELL = 8_000
"""Records that are compared with each other, about; larger sets are parted by k-means."""
ROUNDS, SAMPLED = 8, 64
"""Of k-means, and records a cell that it is fitted to."""
BLOCK = 1_024
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def semantic_duplicates(
    shards: Shards,
    *,
    compare: Literal["problems", "traces"] = "problems",
    vectors: str = "static",
    threshold: PositiveShare = 0.95,
    numbers: Literal["any", "same"] = "same",
    seed: int = 1,
    ctx: Context,
) -> Iterator[Data]:
    """Mark records ``semantic_duplicate`` whose vector is nearly that of an earlier one, over the whole set.

    SemDeDup (arXiv 2303.09540): vectors parted by k-means, compared within each part. Where the paper keeps
    what lies farthest from the part's centre, the first record stays here, as in `curation/near_duplicates`,
    and a record is held against those that stay alone, so that no chain of small steps leads far away. Which
    problem stays for a marked one is in ``meta["duplicate_of"]``. Records that bear a mark are left out, but
    a trace may be marked with its outcome; right and wrong traces of a problem are no duplicates of each
    other.

    Args:
        compare: problems by their questions, over the whole set; traces by their text, within their problem.
        vectors: ``static``, ``letters`` (near duplicates by character trigrams) or a network's path
            (`limbeck.embedding`).
        threshold: least cosine. Of 3,000 training questions of GSM8K the nearest other one has 0.60 in the
            median and 0.88 at the 99th percentile with ``static``, 0.45 and 0.72 with ``letters``.
        numbers: ``same``: a record whose numbers are others is no duplicate; word problems that differ in
            them alone have nearly the same vector. ``any``: it may be one, as in the paper.
        seed: of k-means.

    Raises:
        LimbeckError: the package or network that makes vectors is not there.
    """
    embed = embedding.embedder(vectors)
    names: list[str] = []
    groups: dict[str, list[int]] = defaultdict(list)
    told: list[int] = []
    path = ctx.dir / "vectors.f16"
    with path.open("wb") as file:  # on disk: a set's vectors may be larger than memory
        for data in shards:
            items = [item for item in _items(data, compare) if item[2].strip()]
            if items:
                file.write(embed([text for _, _, text in items]).astype(np.float16).tobytes())
            for name, group, text in items:
                groups[group].append(len(names))
                names.append(name)
                told.append(_numbers(text) if numbers == "same" else 0)
    first_of: dict[str, str] = {}
    if names:
        table = np.memmap(path, np.float16, "r").reshape(len(names), -1)
        signs = np.array(told)
        for rows in groups.values():
            for cell in _cells(table, np.array(rows), seed):
                again = _again(table[cell].astype(np.float32), signs[cell], threshold)
                first_of |= {names[cell[later]]: names[cell[first]] for later, first in again}
        del table
    path.unlink()
    for data in shards:
        yield _marked(data, compare, first_of)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    embedding.check(given["vectors"], "curation/semantic_duplicates")


def _numbers(text: str) -> int:
    """The same for texts with the same numbers in the same order."""
    return hash(tuple(number.replace(",", "") for number in _NUMBER.findall(text)))


def _items(data: Data, of: str) -> Iterator[tuple[str, str, str]]:
    """Record id, the group it is compared within, text."""
    records: list[Problem] | list[Trace] = data.problems if of == "problems" else data.traces
    for record in records:
        if isinstance(record, Problem) and not record.marks:
            yield record.id, "", record.question
        elif isinstance(record, Trace) and set(record.marks) <= {record.outcome}:
            yield record.id, f"{record.problem_id} {record.outcome}", f"{record.reasoning} {record.answer}"


def _marked(data: Data, of: str, first_of: dict[str, str]) -> Data:
    def problem(record: Problem) -> Problem:
        if record.id not in first_of:
            return record
        meta = {**record.meta, "duplicate_of": first_of[record.id]}
        return marked(replace(record, meta=meta), "semantic_duplicate")

    def trace(record: Trace) -> Trace:
        return marked(record, "semantic_duplicate") if record.id in first_of else record

    if of == "problems":
        return Data([problem(each) for each in data.problems], data.traces, data.pairs)
    return Data(data.problems, [trace(each) for each in data.traces], data.pairs)


def _cells(table: np.ndarray, rows: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """Rows parted by the nearest of so many centres that a part holds about `CELL`; order stays."""
    count = -(-len(rows) // CELL)
    if count == 1:
        yield rows
        return
    drawn = np.random.default_rng(seed)
    sample = table[np.sort(drawn.choice(rows, min(len(rows), SAMPLED * count), replace=False))]
    sample = sample.astype(np.float32)
    centres = sample[drawn.choice(len(sample), count, replace=False)]
    for _ in range(ROUNDS):
        nearest = (sample @ centres.T).argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, sample)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.maximum(lengths, 1e-9), centres)
    starts = range(0, len(rows), BLOCK)
    blocks = [(table[rows[at : at + BLOCK]].astype(np.float32) @ centres.T).argmax(axis=1) for at in starts]
    cell_of = np.concatenate(blocks)
    for cell in range(count):
        yield rows[cell_of == cell]


def _again(rows: np.ndarray, signs: np.ndarray, threshold: float) -> Iterator[tuple[int, int]]:
    """Each row that is like an earlier one that stays, with the likest such."""
    stays = np.zeros(len(rows), bool)
    for start in range(0, len(rows), BLOCK):
        block = slice(start, start + BLOCK)
        before = np.flatnonzero(stays[:start])
        allowed = signs[block, None] == signs[None, before]
        alike = np.where(allowed, rows[block] @ rows[before].T, -1.0)
        within = np.where(signs[block, None] == signs[None, block], rows[block] @ rows[block].T, -1.0)
        for at in range(len(within)):
            earlier = np.where(stays[start : start + at], within[at, :at], -1.0)
            best, first = _best(alike[at], before), _best(earlier, np.arange(start, start + at))
            similarity, place = max(best, first)
            if similarity >= threshold - 1e-3:  # vectors are stored in half precision
                yield start + at, place
            else:
                stays[start + at] = True


def _best(values: np.ndarray, places: np.ndarray) -> tuple[float, int]:
    return (float(values.max()), int(places[values.argmax()])) if len(values) else (-1.0, -1)
