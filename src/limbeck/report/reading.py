"""Everything the report needs of a run, read once: numbers, curves, and a sample of problems with their
traces."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import measured
from limbeck.pipeline import metrics
from limbeck.pipeline.store import read_data, read_results
from limbeck.records import Data, Pair, Problem, Result, Trace

BROWSED = 100


@dataclass
class Curve:
    """What training wrote per step: column name to values."""

    stage: str
    columns: dict[str, list[float]]

    def line(self, name: str) -> tuple[list[float], list[float]]:
        """Steps and values of a column, steps without a value left out."""
        pairs = zip(self.columns["step"], self.columns[name], strict=True)
        kept = [(step, value) for step, value in pairs if value is not None and value == value]
        return [step for step, _ in kept], [value for _, value in kept]


@dataclass
class Seen:
    """One problem for the browser: its traces, and the pair it gave if it gave one."""

    problem: Problem
    traces: list[Trace]
    pair: Pair | None = None

    def first(self, outcome: str) -> Trace | None:
        """The trace of its pair, else the first with this outcome, unmarked ones before marked ones."""
        if self.pair is not None:
            wanted = self.pair.chosen if outcome == "correct" else self.pair.rejected
            return next((trace for trace in self.traces if trace.id == wanted), None)
        having = [trace for trace in self.traces if trace.outcome == outcome]
        return min(having, key=lambda trace: len(set(trace.marks) - {"wrong"}), default=None)


@dataclass
class Traces:
    """The teacher's traces: stage, pass rates, lengths, and a sample to read. ``tried``: how many per
    problem."""

    stage: str = ""
    pass_rates: list[float] = field(default_factory=list)
    tried: set[int] = field(default_factory=set)
    lengths: dict[str, list[int]] = field(default_factory=lambda: {"correct": [], "wrong": []})
    unit: str = "tokens"
    seen: list[Seen] = field(default_factory=list)
    problems: int = 0


@dataclass
class Run:
    """A run folder, read. ``samples`` are those of a stage of evaluation, by its name and the model's."""

    folder: Path
    page: dict[str, Any]
    results: list[tuple[str, Result]] = field(default_factory=list)
    samples: dict[tuple[str, str], Data] = field(default_factory=dict)
    curves: list[Curve] = field(default_factory=list)
    traces: Traces = field(default_factory=Traces)
    notes: list[str] = field(default_factory=list)

    @property
    def stages(self) -> list[dict[str, Any]]:
        stages: list[dict[str, Any]] = self.page.get("stages", [])
        return stages

    @property
    def recipe(self) -> dict[str, Any]:
        return self.page.get("recipe") or {}


def read(folder: Path) -> Run:
    """Read a run.

    A stage that cannot be read is named in ``notes`` and left out; the others are still reported.

    Raises:
        LimbeckError: when there is no readable ``run.json``.
    """
    path = folder / "run.json"
    try:
        page = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LimbeckError(
            f"no run in {folder}: there is no run.json (name the folder `limbeck run` wrote)"
        ) from None
    except ValueError as error:
        raise LimbeckError(
            f"{path} is not valid JSON ({error}); run the recipe again to have it written anew"
        ) from error
    run = Run(folder, page)
    for stage in run.stages:
        try:
            _read_stage(run, stage)
        except (LimbeckError, OSError, pa.ArrowException, msgspec.MsgspecError) as error:
            run.notes.append(f"stage {stage['name']} could not be read and is left out: {error}")
    source = _traces_stage(run.stages)
    if source:
        try:
            run.traces = _read_traces(folder / source["dir"], source["name"], int(run.page.get("seed") or 0))
        except LimbeckError as error:
            run.notes.append(
                f"stage {source['name']} could not be read, so there are no traces to browse: {error}"
            )
    return run


def _read_stage(run: Run, stage: dict[str, Any]) -> None:
    folder = run.folder / stage["dir"]
    if stage["kind"] == "results":
        outcome = read_results(folder)
        label = stage.get("of")
        results = outcome.results
        try:
            results = measured(outcome, [metrics.read(each) for each in stage.get("metrics") or []])
        except LimbeckError as error:
            run.notes.append(f"stage {stage['name']}: {error}")
        run.results += [(label or result.model, result) for result in results]
        scores, _, arm = stage["name"].partition("@")
        for name in {arm or label or result.model for result in outcome.results}:
            run.samples[scores, name] = outcome.data
    elif stage["kind"] == "checkpoint" and (folder / "curve.parquet").exists():
        columns = pq.read_table(folder / "curve.parquet").to_pydict()
        if columns.get("step"):
            run.curves.append(Curve(stage["name"], columns))


def _traces_stage(stages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The last data stage that has most verified traces: later ones know more marks and pairs."""
    having = [stage for stage in stages if stage["kind"] == "data"]
    having = [stage for stage in having if stage.get("counts", {}).get("outcomes")]
    if not having:
        return None
    most = max(stage["counts"].get("traces", 0) for stage in having)
    return [stage for stage in having if stage["counts"].get("traces", 0) == most][-1]


def _rank(seen: Seen, seed: int) -> tuple[bool, str]:
    """Problems with a right and a wrong trace first, then by a hash that no order of shards can change."""
    outcomes = {trace.outcome for trace in seen.traces}
    return not {"correct", "wrong"} <= outcomes, hashlib.blake2b(
        f"{seed}/{seen.problem.id}".encode()
    ).hexdigest()


def _read_traces(folder: Path, name: str, seed: int) -> Traces:
    whole = Traces(stage=name)
    words: dict[str, list[int]] = {"correct": [], "wrong": []}
    for data in read_data(folder):
        groups = data.by_problem()
        pairs = {pair.problem_id: pair for pair in reversed(data.kept_pairs())}
        whole.problems += len(data.problems)
        for problem in data.problems:
            traces = groups.get(problem.id, [])
            checked = [trace for trace in traces if trace.verdicts]
            if not checked:
                continue
            whole.pass_rates.append(sum(trace.outcome == "correct" for trace in checked) / len(checked))
            whole.tried.add(len(checked))
            whole.seen.append(Seen(problem, traces, pairs.get(problem.id)))
            for trace in checked:
                if trace.outcome in words:
                    words[trace.outcome].append(len(trace.reasoning) + len(trace.answer))
                    if trace.tokens is not None:
                        whole.lengths[trace.outcome].append(trace.tokens)
        # Long traces must not all stay in memory: only what may be shown is carried to the next shard.
        whole.seen = sorted(whole.seen, key=lambda seen: _rank(seen, seed))[:BROWSED]
    if not any(whole.lengths.values()):
        whole.lengths, whole.unit = words, "characters"
    return whole
