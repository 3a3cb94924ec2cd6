"""The arms of ``limbeck score``: samples of files and folders, by writer and temperature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from limbeck.cli import naming
from limbeck.cli.running import parse_method
from limbeck.errors import LimbeckError
from limbeck.evaluation import scoring
from limbeck.pipeline.parameters import ready
from limbeck.pipeline.registry import methods
from limbeck.records import Data, Problem, Result
from limbeck.shapes import Imported, import_rows
from limbeck.shapes.collecting import NO_QUESTION
from limbeck.texts.messages import asked_id, context_of


@dataclass(frozen=True)
class Reading:
    """How files are read, as by ``limbeck import``: which column has which role, shape and format; only the
    first ``limit`` problems (0: all), all under the name ``benchmark`` (empty: by their sources)."""

    columns: dict[str, str] = field(default_factory=dict)
    shape: str = "auto"
    format: str = ""
    limit: int = 0
    benchmark: str = ""


@dataclass
class Arm:
    """What is compared: samples of one file, by one writer, at one temperature.

    ``data`` holds them without, ``made`` with the verdicts they are counted by.
    """

    name: str
    path: str
    data: Data
    made: scoring.Judged = field(default_factory=lambda: scoring.Judged(Data()))
    results: list[Result] = field(default_factory=list)

    @property
    def writers(self) -> list[str]:
        return sorted({trace.model for trace in self.data.traces} - {""})


def read(files: list[str], how: Reading, told: Callable[[str, Imported], None]) -> list[Arm]:
    """The arms of all files, their problems under the same ids and of the same sources.

    Args:
        told: is given each file's name and how it was read.

    Raises:
        LimbeckError: a file that cannot be read, holds no samples, or is called like another one.
    """
    if how.limit < 0:
        raise LimbeckError(f"--limit {how.limit}: a number of problems is wanted, 0 for all")
    given = [naming.split_name(text) for text in files]
    names = naming.names(given, naming.of_path)
    data = [_samples(path, how, name, told) for name, (_, path) in zip(names, given, strict=True)]
    _same_ids(data)
    problems = _known(data, how)
    arms: list[Arm] = []
    for name, (_, path), each in zip(names, given, data, strict=True):
        each.problems = [problems[it.id] for it in each.problems if it.id in problems]
        arms += _split(name, path, scoring.sampled(each, how.benchmark or _pooled(problems)), len(files) == 1)
    return arms


def _samples(path: str, how: Reading, name: str, told: Callable[[str, Imported], None]) -> Data:
    """Samples of a file, of a folder of Limbeck's own, or of a method of ``problems/`` that brings some."""
    if not Path(path).exists() and path.partition(":")[0] in methods("problems"):
        spec = parse_method(path)
        method, settings = next(iter(spec.items())) if isinstance(spec, dict) else (spec, {})
        data: Data = ready(f"problems/{method}", **settings)()
    else:
        data = import_rows(
            path, how.shape, format=how.format, columns=how.columns, told=lambda done: told(name, done)
        )
    if not data.traces:
        raise LimbeckError(f"{path} holds {len(data.problems):,} problems and no samples")
    for problem in data.problems:  # samples of a question that nobody told are counted all the same
        problem.marks = [mark for mark in problem.marks if mark != NO_QUESTION]
    return data


def _same_ids(data: list[Data]) -> None:
    """Ids by what is asked, where two files name the same questions differently."""
    ids = [{problem.id for problem in each.problems} for each in data]
    if len(data) < 2 or any(ids[0] & other for other in ids[1:]):
        return
    for each in data:
        renamed: dict[str, str] = {}
        kept: dict[str, Problem] = {}
        for problem in each.problems:
            name = asked_id(problem.question, context_of(problem)) if problem.question else problem.id
            same = kept.get(name)
            if same is not None and same.answer != problem.answer:
                name = problem.id  # the same words about something else
            renamed[problem.id], problem.id = name, name
            kept.setdefault(name, problem)
        each.problems = list(kept.values())
        for trace in each.traces:
            trace.problem_id = renamed.get(trace.problem_id, trace.problem_id)


def _known(data: list[Data], how: Reading) -> dict[str, Problem]:
    """The problems of all files by id, the first ``limit`` of them; the first file that tells a problem's
    source or reference tells it for all."""
    problems: dict[str, Problem] = {}
    for each in data:
        for problem in each.problems:
            known = problems.setdefault(problem.id, problem)
            if not known.source:
                known.source, known.split = problem.source, known.split or problem.split
            known.answer = problem.answer if known.answer is None else known.answer
    return dict(list(problems.items())[: how.limit or None])


def _pooled(problems: dict[str, Problem]) -> str:
    """``all`` where some problems do not say where they are from; else nothing: each says it."""
    return "all" if any(not (it.source or it.split) for it in problems.values()) else ""


def _split(name: str, path: str, data: Data, only_file: bool) -> list[Arm]:
    """An arm per writer and temperature, named by what tells them apart."""
    parts: dict[tuple[str, float | None], Data] = {}
    for trace in data.traces:
        place = trace.model, trace.params.get("temperature")
        parts.setdefault(place, Data()).traces.append(trace)
    writers = {writer for writer, _ in parts}
    arms = []
    for (writer, temperature), part in parts.items():
        there = {trace.problem_id for trace in part.traces}
        part.problems = [problem for problem in data.problems if problem.id in there]
        called = name
        if len(writers) > 1:
            called = (writer or "unnamed") if only_file else f"{name}/{writer or 'unnamed'}"
        if sum(other == writer for other, _ in parts) > 1:
            called += " T=?" if temperature is None else f" T={temperature:g}"
        arms.append(Arm(called, path, part))
    return arms
