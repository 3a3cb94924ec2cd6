"""The traces of a stored folder with one more verdict each, shard by shard, in several processes where there
is enough to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from limbeck.pipeline import store
from limbeck.processes import cores, in_order
from limbeck.records import Data, Trace
from limbeck.types import Verifier
from limbeck.verifiers.ops import verify

ALONE = 5_000
"""Traces up to which worker processes are not worth their start."""
_FEW = 500
Heard = Callable[[int], None]


@dataclass
class Judged:
    """What became of a shard's traces: how many of which outcome, before and after."""

    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    silent: str = ""
    """Why the first ``unknown`` trace is so."""


def verify_store(
    shards: store.StoredShards,
    out: Path,
    make: Callable[[], Verifier],
    *,
    heard: Heard = lambda traces: None,
    workers: int | None = None,
) -> Iterator[Judged]:
    """Write every shard with its verdicts to a folder, in order; what is written does not depend on the
    number of processes. A process holds one shard at a time.

    Args:
        make: gives the verifier, once in every process.
        heard: is told of every few traces that are done, how many.
        workers: processes; None: one a core where there are several shards of many traces, else none.

    Raises:
        LimbeckError: a shard is damaged or cannot be written, or settings fit no trace.
    """
    store.clear(out)
    if not len(shards):
        store.write_shard(out, 0, Data())
    if workers is None:
        many = len(shards) > 1 and traces_in(shards) > ALONE
        workers = min(cores(), len(shards)) if many and cores() > 1 else 0
    numbers = range(len(shards))
    if workers:
        for part in in_order(_in_worker, ((n,) for n in numbers), workers, _begin, (shards, out, make)):
            heard(part.changes.total())
            yield part
        return
    verifier = make()
    yield from (_judged(shards, index, out, verifier, heard) for index in numbers)


def traces_in(shards: store.StoredShards) -> int:
    """How many traces a folder's inventory tells; 0 where it has none."""
    files = shards.files or {}
    return sum(entry.rows or 0 for name, entry in files.items() if name.endswith(".traces.parquet"))


_work: tuple[store.StoredShards, Path, Verifier]


def _begin(shards: store.StoredShards, out: Path, make: Callable[[], Verifier]) -> None:
    global _work
    _work = shards, out, make()


def _in_worker(index: int) -> Judged:
    shards, out, verifier = _work
    return _judged(shards, index, out, verifier, lambda traces: None)


def _judged(shards: store.StoredShards, index: int, out: Path, verifier: Verifier, heard: Heard) -> Judged:
    """A shard's traces with one more verdict, which is the one that counts; marks are left as they are."""
    shard = store.read_shard(shards.folder, index, shards.files)
    before = [trace.outcome if trace.verdicts else "" for trace in shard.traces]
    shard.traces = list(verify(verifier, shard.problem_by_id(), _counted(shard.traces, heard)))
    judged = Judged(Counter(zip(before, (trace.outcome for trace in shard.traces), strict=True)))
    judged.silent = next((t.verdicts[-1].reason for t in shard.traces if t.outcome == "unknown"), "")
    store.write_shard(out, index, shard)
    return judged


def _counted(traces: list[Trace], heard: Heard) -> Iterator[Trace]:
    """Traces, told of by the few."""
    for start in range(0, len(traces), _FEW):
        few = traces[start : start + _FEW]
        yield from few
        heard(len(few))
