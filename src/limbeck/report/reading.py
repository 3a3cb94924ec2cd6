"""Everything the report needs of a run, read once: numbers, curves, and a sample of problems with their
traces."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import measured
from limbeck.pipeline import inventory, metrics
from limbeck.pipeline.store import read_data, read_results
from limbeck.records import Data, Result, Trace
from limbeck.report.browsing import CHARACTERS, SAMPLES, Collection, Draw, Entry, entries
from limbeck.report.searches import outline
from limbeck.trees import UNFINISHED, trees


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
class Traces:
    """The teacher's traces: stage, pass rates and lengths. ``tried``: how many per problem."""

    stage: str = ""
    pass_rates: list[float] = field(default_factory=list)
    tried: set[int] = field(default_factory=set)
    lengths: dict[str, list[int]] = field(default_factory=lambda: {"correct": [], "wrong": []})
    unit: str = "tokens"


@dataclass
class Run:
    """A run folder, read. ``samples`` are those of a stage of evaluation, by its name and the model's."""

    folder: Path
    page: dict[str, Any]
    results: list[tuple[str, Result]] = field(default_factory=list)
    samples: dict[tuple[str, str], Data] = field(default_factory=dict)
    curves: list[Curve] = field(default_factory=list)
    traces: Traces = field(default_factory=Traces)
    browsed: list[Collection] = field(default_factory=list)
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
    browse_evaluations(run)
    source = _traces_stage(run.stages)
    if source:
        try:
            _read_traces(run, source)
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
        # An evaluation without a single number (every request failed) has samples to read all the same.
        writers = [row.model for row in outcome.results] or [trace.model for trace in outcome.data.traces]
        for name in [arm or str(label)] if arm or label else dict.fromkeys(writers or [scores]):
            run.samples[scores, name] = outcome.data
    elif stage["kind"] == "checkpoint" and (folder / "curve.parquet").exists():
        entry = (inventory.listed(folder) or {}).get("curve.parquet")
        columns = inventory.table(folder / "curve.parquet", entry).to_pydict()
        if columns.get("step"):
            run.curves.append(Curve(stage["name"], columns))


def _seed(run: Run) -> int:
    seed = run.page.get("seed")
    return seed if isinstance(seed, int) else 0


def browse_evaluations(run: Run) -> None:
    """Choose which answers of each stage of evaluation the page shows; the stages share what a page bears."""
    stages = list(dict.fromkeys(scores for scores, _ in run.samples))
    for name in stages:
        arms = {arm: data for (scores, arm), data in run.samples.items() if scores == name}
        draw = Draw(list(arms), _seed(run), SAMPLES // len(stages), CHARACTERS // len(stages))
        for entry in entries(arms):
            draw.add(entry)
        if not draw.seen:
            run.notes.append(f"stage {name} holds no samples, so it has no answers to read")
            continue
        folders = [each["dir"] for each in run.stages if _scores_of(each["name"]) == name]
        run.browsed.append(draw.collected(name, "evaluation", folders))


def _scores_of(stage: str) -> str:
    """A stage's name without its arm, and without the run that it is of where there are several."""
    return stage.rpartition(": ")[2].partition("@")[0]


def _traces_stage(stages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The last data stage that has most verified traces, or else most traces: later ones know more marks
    and pairs."""
    having = [stage for stage in stages if stage["kind"] == "data"]
    having = [stage for stage in having if (stage.get("counts") or {}).get("traces")]
    having = [stage for stage in having if stage["counts"].get("outcomes")] or having
    if not having:
        return None
    most = max(stage["counts"]["traces"] for stage in having)
    return [stage for stage in having if stage["counts"]["traces"] == most][-1]


def _read_traces(run: Run, stage: dict[str, Any]) -> None:
    """Pass rates and lengths of the training data's traces, and those of them that the page shows."""
    whole, draw = Traces(stage=stage["name"]), Draw([], _seed(run), SAMPLES // 2, CHARACTERS // 2)
    words: dict[str, list[int]] = {"correct": [], "wrong": []}
    for data in read_data(run.folder / stage["dir"]):
        groups = data.by_problem()
        pairs = {pair.problem_id: pair for pair in reversed(data.kept_pairs())}
        searched = trees(data)
        for problem in data.problems:
            # A node that more was written from is no attempt; its tree shows it.
            traces = [trace for trace in groups.get(problem.id, []) if UNFINISHED not in trace.marks]
            if traces:
                tree = outline(searched.get(problem.id, []))
                draw.add(Entry(problem, arms=_by_writer(traces), pair=pairs.get(problem.id), tree=tree))
            checked = [trace for trace in traces if trace.verdicts]
            if not checked:
                continue
            whole.pass_rates.append(sum(trace.outcome == "correct" for trace in checked) / len(checked))
            whole.tried.add(len(checked))
            for trace in checked:
                if trace.outcome in words:
                    words[trace.outcome].append(len(trace.reasoning) + len(trace.answer))
                    if trace.tokens is not None:
                        whole.lengths[trace.outcome].append(trace.tokens)
    if not any(whole.lengths.values()):
        whole.lengths, whole.unit = words, "characters"
    run.traces = whole
    collection = draw.collected(stage["name"], "training data", [stage["dir"]])
    collection.marked = marked_by(run.stages)
    run.browsed.append(collection)


def _by_writer(traces: list[Trace]) -> dict[str, list[Trace]]:
    written: dict[str, list[Trace]] = {}
    for trace in traces:
        written.setdefault(trace.model or "traces", []).append(trace)
    return written


def marked_by(stages: list[dict[str, Any]]) -> dict[str, str]:
    """The stage that first counted each mark: why a trace was dropped."""
    marked: dict[str, str] = {}
    for stage in stages:
        counts = stage.get("counts") or {}
        if stage["kind"] == "data":
            for mark in [*(counts.get("marks") or {}), *(counts.get("problem_marks") or {})]:
                marked.setdefault(mark, f"{stage['name']} ({stage['use']})")
    return marked
