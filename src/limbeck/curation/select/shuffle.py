"""Put the problems of the whole set in a random order."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from limbeck.pipeline.context import Context
from limbeck.records import Data, Pair, Problem, Trace
from limbeck.types import Shards

SHARD = 5_000
"""Problems per shard of the output: what is held in memory at a time."""

_Group = tuple[int, Problem, list[Trace], list[Pair]]


def shuffle(shards: Shards, *, seed: int = 42, ctx: Context | None = None) -> Iterator[Data]:
    """Shuffle problems, each with its traces and pairs, over all shards in bounded memory.

    The order is ``numpy.random.default_rng(seed).permutation(n)``, the one `datasets.Dataset.shuffle` takes
    for the same number of rows, so REDI's seed 42 (arXiv 2505.24850) gives the paper's order.
    """
    order = np.random.default_rng(seed).permutation(sum(len(data.problems) for data in shards))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    with tempfile.TemporaryDirectory(dir=ctx.dir if ctx else None, prefix=".shuffle-") as folder:
        start = 0
        for data in shards:
            _spill(data, place[start : start + len(data.problems)], Path(folder))
            start += len(data.problems)
        for bucket in range(-(-len(order) // SHARD)):
            yield _gather(Path(folder) / str(bucket))


def _spill(data: Data, places: np.ndarray, folder: Path) -> None:
    """Append every problem with what belongs to it to the file of the output shard it goes to."""
    traces, pairs = data.by_problem(), defaultdict(list)
    for pair in data.pairs:
        pairs[pair.problem_id].append(pair)
    buckets: dict[int, list[bytes]] = defaultdict(list)
    for place, problem in zip(places.tolist(), data.problems, strict=True):
        group: _Group = (place, problem, traces.get(problem.id, []), pairs.get(problem.id, []))
        buckets[place // SHARD].append(msgspec.json.encode(group) + b"\n")
    for bucket, lines in buckets.items():
        with (folder / str(bucket)).open("ab") as file:
            file.writelines(lines)


def _gather(path: Path) -> Data:
    """The groups of one output shard, in order."""
    with path.open("rb") as file:
        groups = [msgspec.json.decode(line, type=_Group) for line in file]
    groups.sort(key=lambda group: group[0])
    return Data.join(Data([problem], traces, pairs) for _, problem, traces, pairs in groups)
