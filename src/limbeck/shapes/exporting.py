"""Data into a file of rows, shard by shard: what is chosen, what stays behind and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, get_args

from limbeck.costs import Costs
from limbeck.errors import LimbeckError, nearest, unknown
from limbeck.pipeline import counting, store
from limbeck.records import Data, Outcome, Problem
from limbeck.shapes.writers import WRITERS, Writer, kept
from limbeck.shapes.writing import Item, license_of
from limbeck.tables import BadRows, Row, write_rows
from limbeck.texts.messages import PRIOR_TURNS, SYSTEM
from limbeck.types import Shards

CONTEXT = {"system", "history"}
BESIDE = {"license", "outcome", "verdict_by", "score"}
"""Columns of shapes, and beside them, that are written only where some record fills them."""


@dataclass(frozen=True)
class Choice:
    """What of the data is written.

    Args:
        only: traces with this outcome alone, and pairs of two of them; empty: all.
        split: problems of this split alone; ``train`` are also those of none. Empty: all.
        limit: at most so many rows, of each split where a folder is written; 0: all.
        plain: without the columns that say where a row comes from.
        model: what requests of ``openai_requests`` name.
    """

    only: str = ""
    split: str = ""
    limit: int = 0
    plain: bool = False
    model: str = ""


@dataclass
class Survey:
    """What the chosen data holds, seen in one pass."""

    counts: dict[str, Any] = field(default_factory=dict)
    splits: Counter[str] = field(default_factory=Counter)
    licenses: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    verifiers: Counter[str] = field(default_factory=Counter)
    costs: Costs = field(default_factory=Costs)
    filled: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, shards: Iterable[Data]) -> Survey:
        """A survey of all shards."""
        survey = cls()
        survey.counts = counting.counts(map(survey._see, shards))
        survey.filled |= {"license"} if any(survey.licenses) else set()
        survey.filled |= {"outcome", "verdict_by"} if survey.verifiers else set()
        return survey

    def _see(self, data: Data) -> Data:
        self.costs.add(data)
        for problem in data.problems:
            self.splits[split_of(problem)] += 1
            self.licenses[license_of(problem)] += 1
            self.sources[problem.source] += 1
            self.filled |= {"system"} if problem.meta.get(SYSTEM) else set()
            self.filled |= {"history"} if problem.meta.get(PRIOR_TURNS) else set()
        for trace in data.traces:
            self.models[trace.model] += 1
            if trace.verdicts:
                self.verifiers[trace.verdicts[-1].verifier] += 1
                self.filled |= {"score"} if trace.verdicts[-1].score is not None else set()
        return data


def split_of(problem: Problem) -> str:
    """A problem's split as tools may name it: word characters alone, ``train`` for none."""
    return re.sub(r"\W+", "_", problem.split).strip("_") or "train"


def chosen(shards: Iterable[Data], only: str, split: str) -> Iterator[Data]:
    """The part of each shard with this outcome and split."""
    for data in shards:
        problems = [problem for problem in data.problems if not split or split_of(problem) == split]
        ids = {problem.id for problem in problems}
        traces = [trace for trace in data.traces if trace.problem_id in ids]
        if only:
            traces = [trace for trace in traces if trace.outcome == only]
        there = {trace.id for trace in traces}
        sides = [pair for pair in data.pairs if {pair.chosen, pair.rejected} <= there]
        yield Data(problems, traces, [pair for pair in sides if pair.problem_id in ids])


class Export:
    """Rows of one shape out of one store of data, and what there is to tell of them once they are written."""

    def __init__(self, shards: Shards, shape: str, choice: Choice) -> None:
        """Look through the data once.

        Raises:
            LimbeckError: no such shape, outcome or split, or a model is to be named and is not.
        """
        if shape not in WRITERS:
            raise unknown("shape", shape, WRITERS)
        if choice.only and choice.only not in get_args(Outcome):
            raise unknown("outcome", choice.only, get_args(Outcome))
        if shape == "openai_requests" and not choice.model:
            raise LimbeckError("requests name the model they are for; say which one (--model)")
        self.shards, self.shape, self.choice = shards, shape, choice
        self.writer: Writer = WRITERS[shape]
        self.survey = Survey.of(chosen(shards, choice.only, choice.split))
        if choice.split and not self.survey.splits:
            known = Survey.of(shards).splits
            hint = nearest(choice.split, known) or "; none has one"
            raise LimbeckError(f"no problem has the split {choice.split!r}{hint}")
        self.bad = BadRows()
        self.beside: dict[str, None] = {}
        self.written: Counter[str] = Counter()
        self.doubtful: Counter[str] = Counter()

    def rows(self, split: str = "") -> Iterator[Row]:
        """Rows of one split, or of all of them; a record that cannot be written is counted and left out."""
        shards = chosen(self.shards, self.choice.only, split or self.choice.split)
        filled = self.survey.filled
        count = 0
        for item in self.writer.items(shards, self.choice.model):
            try:
                row = self.writer.row(item)
            except LimbeckError as error:
                self.bad.add(item.problem.id, error)
                continue
            beside = {} if self.choice.plain else self.writer.beside(item, row)
            row = {name: value for name, value in row.items() if name not in CONTEXT - filled}
            row |= {name: value for name, value in beside.items() if name not in BESIDE - filled}
            self.beside |= {name: None for name in beside if name in row}
            self._note(item, split)
            yield row
            count += 1
            if count == self.choice.limit:
                return

    def _note(self, item: Item, split: str) -> None:
        self.written[split] += 1
        if self.writer.select is kept and item.traces[0].verdicts:
            self.doubtful.update({item.traces[0].outcome} - {"correct"})

    def nonempty(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The same rows.

        Raises:
            LimbeckError: there is none.
        """
        head = next(rows, None)
        if head is None:
            reason = f"; {self.bad.summary()}" if self.bad.count else ", the data has none"
            reason += "; a stage of curation/pairs makes them" if "pairs" in self.writer.needs else ""
            raise LimbeckError(f"nothing to export as {self.shape!r}: {self.writer.needs} are wanted{reason}")
        return chain([head], rows)

    def summary(self) -> dict[str, Any]:
        """Counts for programs: what was written, and what stayed behind with its reasons."""
        counts = self.survey.counts
        return {
            "shape": self.shape,
            "rows": self.written.total(),
            "marks": counts["marks"],
            "problem_marks": counts["problem_marks"],
            "pair_marks": counts["pair_marks"],
            "unusable": self.bad.count,
            "not_called_correct": dict(self.doubtful),
        }


def export_rows(
    data: Data | Shards, path: str | Path, shape: str = "messages", choice: Choice = Choice()
) -> int:
    """Write data in a shape of `WRITERS`, by the file's suffix as JSONL or Parquet; returns the number of
    rows. Shards are read one at a time.

    Which records are written is the shape's: see the functions of `limbeck.shapes.writing`.

    Raises:
        LimbeckError: no such shape or file type, or nothing in the data has this shape.
    """
    return export_file(Export(as_shards(data), shape, choice), Path(path))


def export_file(export: Export, path: Path) -> int:
    """Write all rows of an export to one file; as `export_rows`."""
    return write_rows(path, export.nonempty(export.rows()))


def as_shards(data: Data | Shards) -> Shards:
    """Data in memory behind the face of shards."""
    return store.MemoryShards([data]) if isinstance(data, Data) else data
