"""Shards made by Ray, one task a shard, in the folder that this process and the workers share.

A worker reads its shard from the stage before and writes into a folder of the try's own; this process alone
gives what came in time its name in the stage. So a worker that was given up, and wakes up after all, changes
nothing, and what is there is what a run without Ray would have made.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from platform import node
from secrets import token_hex
from typing import Any

from msgspec.structs import replace

from limbeck import processes
from limbeck.errors import LimbeckError
from limbeck.pipeline import clusters, logs, manifests, partial, registry, store
from limbeck.pipeline.arrow import to_tables
from limbeck.pipeline.context import Context, Report
from limbeck.pipeline.step import Step
from limbeck.records import Data, Verdict

MARK = "failed_shard"
"""What the records of a shard bear that no worker could make."""
TRIES = 2
LOOK = 0.5
"""Seconds between two looks at what is under way."""
SCRATCH = ".ray-"

Prepare = Callable[[Report], tuple[Callable[[Data], Data], store.StoredShards]]
"""What makes a shard, and the shards that it is made of; goes to the workers as it is."""


@dataclass(frozen=True)
class Try:
    """A shard to be made by a worker, and where.

    Attributes:
        folder: the try's own, in one of this writing's own in the stage's.
        environment: variables that this process's methods go by.
        versions: of the packages that can change a number.
    """

    index: int
    number: int
    folder: Path
    prepare: Prepare
    environment: dict[str, str]
    versions: dict[str, str]


_ready: dict[Path, tuple[Callable[[Data], Data], store.StoredShards, list[str]]] = {}
"""What this worker makes shards with, for the stage that it was asked for last."""


def make(task: Try) -> list[str]:
    """In a worker: write a shard's tables into the try's folder; returns what its method said.

    Raises:
        LimbeckError: from the method; this machine does not see the stage's folder, or has other versions.
    """
    if not task.folder.parent.is_dir():
        raise LimbeckError(
            f"{node()} does not see {task.folder.parent.parent}: all machines of a cluster must see the "
            "run's folder, by the same path; choose a place on a shared file system by --out"
        )
    here = manifests.versions()
    for name in sorted({*here} & {*task.versions}):  # torch, say, need not be everywhere
        if here[name] != task.versions[name]:
            raise LimbeckError(
                f"{node()} has {name} {here[name]}, the run's machine {task.versions[name]}; where versions "
                "differ, sets may"
            )
    os.environ.update(task.environment)
    processes.alone()
    task.folder.mkdir()  # tells that the try has begun
    with logs.into(task.folder):
        function, shards, told = _prepared(task)
        told.clear()
        for name, table in to_tables(function(shards.shard(task.index))).items():
            (task.folder / f"{name}.parquet").write_bytes(store.packed(table))
    return [*told]


def _prepared(task: Try) -> tuple[Callable[[Data], Data], store.StoredShards, list[str]]:
    whose = task.folder.parent
    if whose not in _ready:
        _ready.clear()
        told: list[str] = []

        def heard(event: dict[str, Any]) -> None:
            if event["kind"] == "log":
                told.append(event["message"])

        _ready[whose] = (*task.prepare(heard), told)
    return _ready[whose]


# --- in the run's own process


def write(step: Step, source: Path, prepare: Prepare, context: Context) -> list[int]:
    """Make the shards that a step lacks; returns those that failed, whose records say so.

    Args:
        source: the folder of its input.

    Raises:
        LimbeckError: a method's, no cluster, or every shard failed.
    """
    partial.forget_shards(step.folder)
    for left in step.folder.glob(f"{SCRATCH}*"):
        shutil.rmtree(left)
    shards = store.read_data(source)
    lacking = [index for index in range(len(shards)) if not store.has_shard(step.folder, index)]
    if not lacking:
        return []
    making = _Making(clusters.connect(step.place.address), step, prepare)
    try:
        with context.progress(len(shards), done=len(shards) - len(lacking)) as bar:
            making.run(lacking, bar.advance)
    finally:
        making.end()
    for _, message in sorted(making.told, key=itemgetter(0)):
        context.log(message)
    if len(making.failed) == len(shards):
        raise LimbeckError(f"every shard failed, the first: {making.failed[min(making.failed)]}")
    for index, why in sorted(making.failed.items()):
        partial.mark_shard(step.folder, index)
        store.write_shard(step.folder, index, unmade(step, shards.shard(index), why))
    return sorted(making.failed)


def unmade(step: Step, shard: Data, why: str) -> Data:
    """A shard that no worker could make, as it was, with all its records marked; of a verifier every trace
    with the verdict ``unknown``."""
    if step.verifies:
        verdict = Verdict(step.method.name, "unknown", reason=f"its shard failed: {why}")
        judged = [replace(trace, verdicts=[*trace.verdicts, verdict]) for trace in shard.traces]
        return Data(shard.problems, judged, shard.pairs)
    return Data(*(list(map(_marked, each)) for each in (shard.problems, shard.traces, shard.pairs)))


def _marked(record: Any) -> Any:
    return replace(record, marks=[*dict.fromkeys([*record.marks, MARK])])


class _Making:
    """The tries of one step that are under way.

    Attributes:
        failed: why shards failed, by index.
        told: what methods said, and what failed, each with its shard's index.
    """

    def __init__(self, ray: Any, step: Step, prepare: Prepare) -> None:
        self.ray, self.step, self.prepare = ray, step, prepare
        self.task = ray.remote(num_cpus=1, max_retries=0)(make)
        self.scratch = step.folder / f"{SCRATCH}{token_hex(4)}"
        self.scratch.mkdir()
        self.running: dict[Any, Try] = {}
        self.begun: dict[Any, float] = {}
        self.failed: dict[int, str] = {}
        self.told: list[tuple[int, str]] = []
        roots = os.pathsep.join(map(str, registry.roots()[:-1]))
        self.environment = {name: value for name, value in os.environ.items() if name.startswith("LIMBECK_")}
        self.environment["LIMBECK_PATH"] = roots
        self.versions = manifests.versions()

    def run(self, indices: Sequence[int], done: Callable[[], None]) -> None:
        """Make these shards, each tried again where it fails, behind all others."""
        waiting = deque((index, 1) for index in indices)
        while waiting or self.running:
            clusters.need_head(self.ray)
            # Twice what can run at once, so that no worker waits, and no queue grows with the set.
            room = max(2, 2 * int(self.ray.cluster_resources().get("CPU", 0))) - len(self.running)
            for index, number in [waiting.popleft() for _ in range(min(room, len(waiting)))]:
                self._submit(index, number)
            ready, _ = self.ray.wait([*self.running], timeout=LOOK)
            for reference in ready or self._late():
                current = self.running.pop(reference)
                why = self._take(reference, current)
                if why and current.number < TRIES:
                    self.told.append((current.index, f"shard {current.index}: {why}; tried again"))
                    waiting.append((current.index, current.number + 1))
                    continue
                if why:
                    self.told.append((current.index, f"shard {current.index} failed: {why}"))
                    self.failed[current.index] = why
                done()

    def _submit(self, index: int, number: int) -> None:
        folder = self.scratch / f"{index:05d}-{number}"
        task = Try(index, number, folder, self.prepare, self.environment, self.versions)
        self.running[self.task.remote(task)] = task

    def _late(self) -> list[Any]:
        """Tries that have taken too long since they began, which is later than when they were submitted."""
        now = time.monotonic()
        for reference, task in self.running.items():
            if reference not in self.begun and task.folder.is_dir():
                self.begun[reference] = now
        limit = self.step.place.seconds
        return [each for each in self.running if now - self.begun.get(each, now) > limit]

    def _take(self, reference: Any, task: Try) -> str:
        """Give what a try made its place; why it made nothing, else empty.

        Raises:
            LimbeckError: the method's own, which no other try would change.
        """
        errors = self.ray.exceptions
        try:
            ready, _ = self.ray.wait([reference], timeout=0)
            if not ready:
                self.ray.cancel(reference, force=True)
                return f"it took longer than {self.step.place.seconds:g} seconds"
            told = self.ray.get(reference)
        except errors.RayTaskError as error:
            if isinstance(error.cause, LimbeckError):
                raise error.cause from None
            print(error)  # into the stage's log
            return _line(error.cause or error)
        except errors.RayError as error:
            print(error)
            return f"its worker died ({type(error).__name__})"
        finally:
            _print_log(task.folder)
        files = {name: task.folder / f"{name}.parquet" for name in store.LAST_PROBLEMS}
        store.take_over(self.step.folder, task.index, files)
        shutil.rmtree(task.folder, ignore_errors=True)
        self.told += [(task.index, message) for message in told]
        return ""

    def end(self) -> None:
        """Give up what is still under way."""
        for reference in self.running:
            self.ray.cancel(reference, force=True)
        shutil.rmtree(self.scratch, ignore_errors=True)


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}"


def _print_log(folder: Path) -> None:
    """What a worker printed, into the stage's log."""
    path = folder / logs.NAME
    if path.is_file():
        print(path.read_text("utf-8", "replace"), end="")
