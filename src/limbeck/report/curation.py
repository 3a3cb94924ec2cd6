"""The page of a curated set: its funnel, what each mark cost in right traces, and samples to judge it by.

One self-contained file without a script: everything on it is text, drawings and what unfolds.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from limbeck.costs import Cost, Costs
from limbeck.pipeline import store
from limbeck.pipeline.atomic import write_atomic
from limbeck.records import Data, Problem
from limbeck.report import figures, svg
from limbeck.report import stats as numbers
from limbeck.report.build import HERE, jinja2_safe, policy
from limbeck.report.figure import Figure
from limbeck.report.picked import KEPT, LEAKED, Picked
from limbeck.report.reading import Run, marked_by
from limbeck.report.visible import middle_cut, visible
from limbeck.summary import MOST_VALUES, OTHERS, Summary, licences

PAGE = "curation.html"
"""What the page is called where nobody says."""
TEXT = 4_000
"""Characters of a question, a reasoning or an answer that a sample shows."""
SHOWN = 40
"""Origins of a kind that a table names, the largest ones."""
BINS = 24


@dataclass
class Seen:
    """All that the page tells of a set, counted in one pass; what it holds does not grow with the set.

    ``origins`` counts traces, kept ones and right kept ones by what they come from.
    """

    costs: Costs = field(default_factory=Costs)
    summary: Summary = field(default_factory=Summary)
    picked: Picked = field(default_factory=Picked)
    origins: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)

    def add(self, data: Data) -> None:
        """Count a part; every problem comes with all its traces."""
        self.costs.add(data)
        self.summary.add(data)
        self.picked.add(data)
        problems, kept = data.problem_by_id(), {trace.id for trace in data.kept()}
        for trace in data.traces:
            problem = problems.get(trace.problem_id)
            counts = ["traces", *["kept"] * (trace.id in kept)]
            counts += ["right"] * (trace.id in kept and trace.outcome == "correct")
            self._note("written by", [trace.model], counts)
            if problem:
                self._note("source of the problem", [problem.source], counts)
                self._note("licence of the problem", [*licences(problem)] or [""], counts)

    def _note(self, what: str, names: list[str], counts: list[str]) -> None:
        known = self.origins.setdefault(what, {})
        for name in names:
            name = name if name in known or len(known) < MOST_VALUES else OTHERS
            known.setdefault(name, Counter()).update(counts)


@dataclass(frozen=True)
class Origin:
    """Where a set comes from: its name, and the stages that made it, the last one its own, as ``run.json``
    knows them."""

    name: str
    stages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def marked(self) -> dict[str, str]:
        """The stage that first counted each mark, in the order of the stages."""
        return marked_by(self.stages)


def origin(folder: Path) -> Origin:
    """What the run that a stage's folder lies in knows of its making; the name alone where it lies in
    none."""
    here = folder.resolve()
    page = here.parent.parent / "run.json"
    try:
        stages = json.loads(page.read_bytes())["stages"]
        (last,) = [stage for stage in stages if (page.parent / stage["dir"]).resolve() == here]
        wanted = {last["name"]}
        for stage in reversed(stages):
            wanted |= {*stage.get("inputs", [])} if stage["name"] in wanted else set()
    except (OSError, ValueError, KeyError, TypeError):
        return Origin(folder.name)
    return Origin(last["name"], [stage for stage in stages if stage["name"] in wanted])


def build(shards: Iterable[Data], of: Origin, out: Path) -> Seen:
    """Write the page of a set to ``out``, and return what was counted.

    Raises:
        LimbeckError: a shard cannot be read, or ``out`` not written.
    """
    seen = Seen()
    for data in shards:
        seen.add(data)
    write_atomic(out, page(seen, of).encode("utf-8"))
    return seen


def build_folder(folder: Path, out: Path) -> Seen:
    """The page of a folder of traces: a stage's, an import's, one that `limbeck.save` wrote.

    Raises:
        LimbeckError: as `build`.
    """
    return build(store.read_data(folder), origin(folder), out)


def page(seen: Seen, of: Origin) -> str:
    """The page as text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        visible=visible, grouped=lambda count: f"{count:,}", cut=_cut, percent=_percent
    )
    style = "".join((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "charts.css"))
    kept, right = seen.costs.kept()
    lines = seen.costs.lines([*of.marked])
    return environment.get_template("curation.html").render(
        name=of.name,
        whole=Cost(KEPT, seen.summary.sizes["problems"], seen.costs.traces, seen.costs.correct),
        kept=kept,
        right=right,
        steps=[*_steps(seen.costs, lines)],
        lines=lines,
        marked=of.marked,
        funnel=figures.funnel(Run(Path(), {"stages": of.stages})),
        charts=numbers.charts(seen.summary),
        scores=score_charts(seen.picked),
        odd=seen.picked.odd.most_common(),
        samples=[(line, seen.picked.under(line.mark)) for line in lines],
        clean=seen.picked.under(KEPT),
        leaked=[*_leaked(seen.picked)],
        origins=[(what, *_largest(names)) for what, names in seen.origins.items()],
        style=jinja2_safe(style),
        policy=policy("", style),
    )


def _steps(costs: Costs, lines: list[Cost]) -> Iterator[tuple[str, int, int, Any]]:
    """What there is, and what each mark leaves of it: name, traces, right ones, a bar of both."""
    counts = [("all traces", costs.traces, costs.correct)]
    counts += [(line.mark.name, line.left, line.left_correct) for line in lines]
    for name, left, right in counts:
        yield (
            name,
            left,
            right,
            svg.share(right, left, costs.traces, f"{left:,} left, {right:,} of them right"),
        )


def _leaked(picked: Picked) -> Iterator[tuple[Problem, list[dict[str, Any]]]]:
    """Problems with the benchmark items they stand beside, as `curation/leaked` notes them."""
    for problem in picked.leaked.items():
        noted = problem.meta[LEAKED]
        items = [each for each in noted if isinstance(each, dict)] if isinstance(noted, list) else []
        if items:
            yield problem, items


def score_charts(picked: Picked) -> list[Figure]:
    """A histogram of every score, of kept and of marked traces, each as shares of its own kind."""
    charts = []
    for name, sides in picked.scores.items():
        every = np.concatenate([side.values for side in sides])
        edges = np.histogram_bin_edges(every, BINS)
        series = []
        for kind, side in zip(("right", "wrong"), sides, strict=True):
            counts, _ = np.histogram(side.values, edges)
            series += [(kind, (100 * counts / counts.sum()).tolist())] if counts.sum() else []
        legend = tuple((kind, {"right": "kept", "wrong": "marked"}[kind]) for kind, _ in series)
        picture = svg.histogram(series, edges.tolist(), name, f"{name}, in percent of kept and marked traces")
        thinned = f"; of {max(side.every for side in sides)} values one is drawn"
        note = "share of each kind, in percent" + thinned * any(side.every > 1 for side in sides)
        charts.append(Figure(name, name, picture, note, legend))
    return charts


def _largest(names: dict[str, Counter[str]]) -> tuple[list[tuple[str, Counter[str]]], int]:
    """The origins with most traces, and how many there are beside them."""
    ordered = sorted(names.items(), key=lambda entry: -entry[1]["traces"])
    return ordered[:SHOWN], len(ordered[SHOWN:])


def _cut(text: Any) -> str:
    return middle_cut(str(text), TEXT)


def _percent(count: int, of: int) -> str:
    return f"{100 * count / of:.1f}%" if of else "–"
