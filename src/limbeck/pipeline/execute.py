"""Run one step: open what it reads, call its method, write what it returns, then the manifest."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import limbeck
from limbeck.errors import LimbeckError
from limbeck.pipeline import parameters as P
from limbeck.pipeline import store
from limbeck.pipeline.context import Context, Report
from limbeck.pipeline.plan import ModelSpec, Step
from limbeck.pipeline.registry import Bound, Method, bound, method
from limbeck.pipeline.signature import gathered
from limbeck.records import Data, Results

RANK = int(os.environ.get("RANK", "0"))
"""Which process of ``accelerate launch`` this is. Process 0 runs the recipe, the others help to train."""


@cache
def versions() -> dict[str, str]:
    """Versions of everything that can change a number."""
    found = {"limbeck": limbeck.__version__, "python": platform.python_version()}
    for name in ("torch", "transformers", "accelerate", "math-verify", "pyarrow", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@contextmanager
def _alone(folder: Path, name: str, report: Report) -> Iterator[None]:
    """Hold the folder: two runs that want the same stage make it once."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report({"kind": "log", "label": name, "message": "another run is making this; waiting for it"})
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def open_model(spec: ModelSpec, folders: dict[str, Path], journal: Path | None = None) -> Any:
    """The model a spec describes; with a journal, completions survive a kill."""
    params = {**spec.params, "path": str(folders[spec.step] / "model")} if spec.step else spec.params
    chosen = method(spec.use)
    model = getattr(chosen.load(), chosen.name)(**params)
    model.name = spec.name
    if journal is None:
        return model
    from limbeck.models.journal import Journal

    return Journal(model, journal)


def arguments(step: Step, folders: dict[str, Path], context: Context) -> dict[str, Any]:
    """A step's keyword arguments, its references opened and its inner methods bound."""

    def ready(chosen: Method, params: dict[str, Any], prefix: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, parameter in chosen.params.items():
            kind, value, dotted = P.base(parameter.annotation), params.get(name), f"{prefix}{name}"
            if kind == "Context":
                found[name] = context
            elif value is None:
                found[name] = None
            elif kind == "Model":
                found[name] = open_model(
                    step.models[dotted], folders, context.dir / f"journal.{dotted}.jsonl"
                )
            elif kind in ("Checkpoint", "Stored"):
                spec, made = step.models[dotted], "signal" if kind == "Stored" else "model"
                found[name] = str(folders[spec.step] / made) if spec.step else spec.params["path"]
            elif kind in P.ROOM_OF:
                key, given = next(iter(value.items()))
                inner = method(f"{P.ROOM_OF[kind]}/{key}")
                found[name] = bound(inner, ready(inner, given, f"{dotted}."))
            else:
                found[name] = value
        return found

    return gathered(step.method, ready(step.method, step.params, ""))


def _verify(step: Step, shard: Data, keywords: dict[str, Any], context: Context) -> Data:
    from limbeck.verifiers.ops import verify

    verifier = Bound(step.method.name, step.method.load(), keywords)
    with context.progress(len(shard.traces)) as bar:
        shard.traces = list(verify(verifier, shard.problem_by_id(), shard.traces, progress=bar))
    silent = [trace.verdicts[-1].reason for trace in shard.traces if trace.outcome == "unknown"]
    if silent:
        context.log(f"{len(silent):,} of {len(shard.traces):,} verdicts are unknown; the first: {silent[0]}")
    return shard


def _call(step: Step, folders: dict[str, Path], context: Context) -> Any:
    """The method's output, a stream of shards for what works shard by shard."""
    keywords = arguments(step, folders, context)
    inputs = [store.read_data(folders[name]) for name in step.inputs]
    if step.method.returns.startswith("Verdict"):
        return (lambda shard: _verify(step, shard, keywords, context)), inputs[0]
    function = getattr(step.method.load(), step.method.name)
    kinds = [parameter.annotation for parameter in step.method.inputs]
    if step.method.many_inputs:
        return function(*[shards.all() for shards in inputs], **keywords), None
    if kinds and kinds[0] == "Data" and step.kind == "data":
        rest = [
            shards.all() if kind == "Data" else shards
            for kind, shards in zip(kinds[1:], inputs[1:], strict=True)
        ]
        return (lambda shard: function(shard, *rest, **keywords)), inputs[0]
    ready = [shards.all() if kind == "Data" else shards for kind, shards in zip(kinds, inputs, strict=True)]
    return function(*ready, **keywords), None


def _write_shards(folder: Path, function: Callable[[Data], Data], shards: store.StoredShards) -> None:
    for index, shard in zip(itertools.count(), shards, strict=False):
        if not store.has_shard(folder, index):
            store.write_shard(folder, index, function(shard))


def run(step: Step, folders: dict[str, Path], report: Report, workers: int) -> dict[str, Any]:
    """Make a step's output unless it is there; returns its manifest.

    Args:
        folders: where each earlier step's output lies, by name.

    Raises:
        LimbeckError: from the method, with the step's name in front. What is already on disk stays.
    """
    if RANK:
        return _follow(step, folders, report, workers)
    with _alone(step.folder, step.name, report):
        if manifest := step.manifest():
            return manifest
        started = time.time()
        context = Context(step.folder, int(step.params.get("seed") or 0), workers, report, step.name)
        notes: list[str] = []

        def heard(event: dict[str, Any]) -> None:
            if event["kind"] == "log":
                notes.append(event["message"])
            report(event)

        context.report = heard
        try:
            output, shards = _call(step, folders, context)
            if shards is not None:
                _write_shards(step.folder, output, shards)
            elif isinstance(output, Results):
                store.write_results(step.folder, output)
            elif step.kind == "data":
                store.write_data(step.folder, output)
        except LimbeckError as error:
            raise LimbeckError(f"stage {step.name!r} ({step.method.key}): {error}") from error
        manifest = {
            "name": step.name, "use": step.method.key, "version": step.method.version, "key": step.key,
            "source": step.method.source,
            "kind": step.kind, "params": step.params, "inputs": step.inputs, "of": step.of,
            "counts": {} if step.kind in ("checkpoint", "stored") else store.counts(store.read_data(step.folder)),
            "notes": notes, "seconds": round(time.time() - started, 2),
            "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "versions": versions(),
        }  # fmt: skip
        store.write_manifest(step.folder, manifest)
        for journal in step.folder.glob("journal.*.jsonl"):
            journal.unlink()
        plain: dict[str, Any] = json.loads(json.dumps(manifest, default=str))
        return plain


def _follow(step: Step, folders: dict[str, Path], report: Report, workers: int) -> dict[str, Any]:
    """What processes beside the first do with a step: train along where it trains, then wait until it is
    there."""
    if step.method.room == "training" and not step.manifest():
        _call(
            step, folders, Context(step.folder, int(step.params.get("seed") or 0), workers, report, step.name)
        )
    while not (manifest := step.manifest()):
        time.sleep(0.2)
    return manifest


def limit_threads(threads: int) -> None:
    """Keep numeric libraries to ``threads`` threads; must come before they are imported."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
