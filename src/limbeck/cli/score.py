"""``limbeck score``: numbers from samples that are there already, by any tool."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from limbeck.cli import arms as arms_of
from limbeck.cli import comparing, naming, places
from limbeck.cli.arms import Arm, Reading
from limbeck.cli.moving import bind_verifier, counted
from limbeck.cli.output import console, give, tell, warn
from limbeck.cli.running import parse_method, report
from limbeck.errors import LimbeckError
from limbeck.evaluation import scoring
from limbeck.evaluation.comparison import Comparison, as_dicts
from limbeck.evaluation.samples import like
from limbeck.pipeline import counting, manifests, metrics, store
from limbeck.pipeline.atomic import make_folder, write_atomic
from limbeck.pipeline.context import Progress
from limbeck.records import Result, Results
from limbeck.shapes import Imported
from limbeck.units import bare, shown

SHARES = ("mean_tokens", "truncated", "unparsed", "unverified")
"""What is told beside the accuracy, without an interval, and is not compared unless it is asked for."""


@dataclass(frozen=True)
class Counted:
    """What is counted: which k (empty: as many as nearly all problems have samples), further metrics, who
    judges, and whether he judges all again."""

    ks: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    verifier: str = "math"
    again: bool = False


def score(
    files: list[str],
    how: Reading,
    wanted: Counted,
    pair: tuple[str, str] | None,
    out: Path | None,
    overwrite: bool = False,
) -> None:
    """Read, judge where nobody has, count, compare, print."""
    verifier = bind_verifier(wanted.verifier)
    further = [metrics.read(parse_method(name)) for name in wanted.asked]
    if out is not None and places.need_folder(out, overwrite, places.SCORES, "run.json"):
        make_folder(out)  # what cannot be kept is not judged first
    arms = arms_of.read(files, how, _told)
    pairs = comparing.pairs([arm.name for arm in arms], pair)
    scoring.need_samples([arm.data for arm in arms], wanted.ks, further)
    notes: list[str] = []
    for arm in arms:
        with _bar(arm.name) as bar:
            arm.made = scoring.judged(arm.data, verifier, again=wanted.again, progress=bar)
        _need_verdicts(arm, verifier)
    ks = wanted.ks or [min(scoring.usual(arm.data) for arm in arms)]
    chosen = {each.label: each for each in [*map(metrics.read, scoring.names(ks)), *further]}
    for arm in arms:
        note = partial(_note, notes, arm.name)
        arm.results = scoring.numbers(arm.made, [*chosen.values()], like(arm.name, []), note)
    mute = any(arm.made.voiceless for arm in arms)
    beside = {*SHARES} - {each.label for each in further}
    of = [each for name, each in chosen.items() if name not in beside and not (mute and name[:4] == "maj@")]
    compared, apart = scoring.contrasts({arm.name: arm.made.data for arm in arms}, pairs, of)
    _show(arms, compared)
    for text in [*notes, *apart]:
        warn(f"  {text}")
    page = None
    if out is not None:
        with places.folder(out, overwrite, places.SCORES, "run.json") as place:
            _keep(place, arms, [*notes, *apart])
        page = report(out, None)["report"]
    give(_whole(arms, compared, [*notes, *apart]) | {"out": out, "report": page})


def _told(name: str, done: Imported) -> None:
    for line in done.told():
        tell(f"{name}: {line}")
    for warning in done.warnings():
        warn(f"  {name}: {warning}")


def _note(notes: list[str], name: str, text: str) -> None:
    notes.append(f"{name}: {text}")


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    with counted(f"judging {name}", "samples") as heard:
        last = 0.0

        def report(event: dict[str, Any]) -> None:
            nonlocal last
            heard(int(event["done"] - last))
            last = event["done"]

        yield Progress(name, None, report)


def _need_verdicts(arm: Arm, ready: Any) -> None:
    """Raise where there is not one verdict, as with no reference, rather than call all samples wrong."""
    reasons = [trace.verdicts[-1].reason for trace in arm.made.data.traces if trace.outcome == "unknown"]
    if len(reasons) == len(arm.made.data.traces):
        raise LimbeckError(
            f"{arm.path}: not one of {len(reasons):,} samples could be judged by {ready.name}: {reasons[0]}; "
            "if a column holds a reference or a verdict: --map reference=COLUMN, --map verdict=COLUMN"
        )


def _show(arms: Sequence[Arm], compared: Sequence[Comparison]) -> None:
    """A row per arm and benchmark, a column per metric."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    rows: dict[tuple[str, str], dict[str, Result]] = {}
    for arm in arms:
        for row in arm.results:
            rows.setdefault((arm.name, row.benchmark), {})[row.metric] = row
    labels = list(dict.fromkeys(label for cells in rows.values() for label in cells))
    labels.sort(key=lambda label: label in SHARES)
    table = Table(title="95% intervals over problems", box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("arm", "benchmark", "problems", "samples", *map(_heading, labels)):
        table.add_column(heading, justify="left" if heading in ("arm", "benchmark") else "right")
    for (name, benchmark), cells in rows.items():
        base = cells["pass@1"]
        numbers = [_cell(cells[label]) if label in cells else "" for label in labels]
        counts = [f"{base.n:,}", f"{base.samples:,}"]
        table.add_row(escape(name), escape(benchmark), *counts, *map(escape, numbers))
    console(200).print(table)
    comparing.show(compared)
    for arm in arms:
        tell(f"{arm.name}: {_verdicts(arm)}")


def _heading(label: str) -> str:
    return {"truncated": "cut off", "mean_tokens": "tokens"}.get(label, label)


def _cell(row: Result) -> str:
    if row.metric in SHARES:
        return bare(row.value, row.unit) + (" %" if row.unit == "share" else "")
    return shown(row.value, row.unit, row.low, row.high)


def _verdicts(arm: Arm) -> str:
    by = sorted({trace.verdicts[-1].verifier for trace in arm.made.data.traces if trace.verdicts} - {""})
    told = [f"{arm.made.kept:,} as they came"] * bool(arm.made.kept)
    told += [f"{arm.made.fresh:,} judged"] * bool(arm.made.fresh)
    return f"verdicts: {', '.join(told)} (by {', '.join(by)})"


def _whole(arms: Sequence[Arm], compared: Sequence[Comparison], notes: list[str]) -> dict[str, Any]:
    """Everything, for programs."""
    results = [msgspec.to_builtins(row) for arm in arms for row in arm.results]
    return {"arms": [*map(_arm, arms)], "results": results, "comparisons": as_dicts(compared), "notes": notes}


def _arm(arm: Arm) -> dict[str, Any]:
    told = {"name": arm.name, "path": arm.path, "writers": arm.writers, "problems": len(arm.data.problems)}
    return told | {"samples": len(arm.data.traces), "kept": arm.made.kept, "judged": arm.made.fresh}


def _keep(out: Path, arms: Sequence[Arm], notes: list[str]) -> None:
    """The samples with their verdicts and numbers as a run's folder."""
    stages = []
    for arm in arms:
        name = f"scores@{arm.name}"
        folder = Path("stages") / naming.safe(name.replace("@", "-"))
        store.write_results(out / folder, Results(arm.results, arm.made.data))
        counts = counting.counts(store.read_data(out / folder))
        stage: dict[str, Any] = {
            "name": name,
            "use": "evaluation/stored",
            "kind": "results",
            "of": arm.name,
            "counts": counts,
        }
        stage |= {"params": {"path": arm.path}, "inputs": [], "notes": notes, "seconds": 0.0}
        store.write_manifest(out / folder, stage)
        stages.append({**stage, "dir": str(folder), "metrics": [], "cached": False})
    rows = [row for arm in arms for row in arm.results]
    results = [msgspec.to_builtins(row) | {"stage": f"scores@{row.model}"} for row in rows]
    page: dict[str, Any] = {
        "name": "score",
        "title": "Scores of stored samples",
        "state": "finished",
        "recipe": {},
    }
    page |= {"versions": manifests.versions(), "finished": time.time(), "stages": stages, "results": results}
    write_atomic(out / "run.json", json.dumps(page, indent=1, default=str).encode())
