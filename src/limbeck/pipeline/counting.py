"""How many there are of everything, and why what is marked is marked: a stage's funnel, from columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from limbeck.pipeline import store
from limbeck.pipeline.arrow import to_tables
from limbeck.records import Data

Tables = dict[str, pa.Table]
Counted = tuple[Counter[str], dict[str, Counter[str]]]
"""How many there are of everything, and the histograms of marks and outcomes."""
COLUMNS = {
    "problems": ["id", "answer", "marks"],
    "traces": ["problem_id", "marks", "verdicts"],
    "pairs": ["problem_id", "marks"],
}
"""What is counted from: no texts but the references."""
_MARKS = {"traces": "marks", "problems": "problem_marks", "pairs": "pair_marks"}


@dataclass
class Counts:
    """Counts of shards, by their numbers: a shard that is written again counts once."""

    of_shards: dict[int, Counted] = field(default_factory=dict)

    def put(self, index: int, tables: Tables) -> None:
        """Count a shard."""
        self.of_shards[index] = counted(tables)

    def total(self) -> dict[str, Any]:
        """How many of each record there are, are kept, have references; marks and outcomes, how often."""
        total = Counter(dict.fromkeys(("problems", "traces", "pairs", "kept", "kept_pairs", "references"), 0))
        histograms: dict[str, Counter[str]] = {name: Counter() for name in (*_MARKS.values(), "outcomes")}
        for numbers, of_shard in self.of_shards.values():
            total.update(numbers)
            for name, histogram in of_shard.items():
                histograms[name].update(histogram)
        return {**total, **{name: dict(histogram.most_common()) for name, histogram in histograms.items()}}


def counts(shards: Iterable[Data]) -> dict[str, Any]:
    """The counts of data; of shards on disk without reading a text."""
    total = Counts()
    tables: Iterable[Tables]
    if isinstance(shards, store.StoredShards):
        tables = shards.tables(COLUMNS)
    else:
        tables = (to_tables(data, COLUMNS) for data in shards)
    for index, of_shard in enumerate(tables):
        total.put(index, of_shard)
    return total.total()


def counted(tables: Tables) -> Counted:
    """The counts of one shard."""
    problems, traces, pairs = (tables[name].select(names).combine_chunks() for name, names in COLUMNS.items())
    dropped = problems["id"].filter(_marked(problems))
    numbers = Counter(
        {
            "problems": problems.num_rows,
            "traces": traces.num_rows,
            "pairs": pairs.num_rows,
            "references": problems.num_rows - problems["answer"].null_count,
            "kept": _kept(traces, dropped),
            "kept_pairs": _kept(pairs, dropped),
        }
    )
    histograms = {name: _histogram(_once_each(tables[table]["marks"])) for table, name in _MARKS.items()}
    return numbers, {**histograms, "outcomes": _histogram(_last_outcomes(traces["verdicts"]))}


def _marked(table: pa.Table) -> Any:
    return pc.greater(pc.list_value_length(table["marks"]), 0)


def _kept(table: pa.Table, dropped: Any) -> int:
    out = pc.or_(_marked(table), pc.is_in(table["problem_id"], value_set=dropped.combine_chunks()))
    return int(table.num_rows - (pc.sum(out).as_py() or 0))


def _once_each(marks: Any) -> Any:
    """The marks of all records; one that a record bears twice counts once."""
    flat = pa.table({"of": pc.list_parent_indices(marks), "mark": pc.list_flatten(marks)})
    return flat.group_by(["of", "mark"]).aggregate([])["mark"]


def _last_outcomes(verdicts: Any) -> Any:
    """The outcome that counts of every trace that has a verdict."""
    lengths = np.asarray(pc.list_value_length(verdicts).fill_null(0).to_numpy())
    last = np.cumsum(lengths)[lengths > 0] - 1
    flat = pc.list_flatten(verdicts)
    return pc.struct_field(flat, "outcome").take(pa.array(last))


def _histogram(values: Any) -> Counter[str]:
    counted = pc.value_counts(values)
    return Counter({entry["values"]: entry["counts"] for entry in counted.to_pylist()})
