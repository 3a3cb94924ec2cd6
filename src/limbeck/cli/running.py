"""``limbeck run`` and ``report``."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from limbeck import budget as budgets
from limbeck.cli.output import give, quiet, tell, warn
from limbeck.errors import Failed, LimbeckError
from limbeck.pipeline import measuring, metrics, pages, partial
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.place import LOCAL, Place
from limbeck.records import Result
from limbeck.units import shown


@dataclass(frozen=True)
class Wanted:
    """What of a recipe is run, as ``limbeck run`` is told: its overrides, the first ``limit`` problems of
    each stage that brings some, no further than stage ``until``, spending no more than ``budget``."""

    scale: str
    settings: list[str]
    seed: int | None = None
    limit: int | None = None
    until: str = ""
    from_scratch: bool = False
    budget: str | None = None


def run(name: str, wanted: Wanted, out: Path | None, dry_run: bool, jobs: int, where: Place = LOCAL) -> None:
    """Plan, run, report."""
    cap = budgets.parse(wanted.budget)
    settings = recipes.parse_settings(wanted.settings)
    recipe = recipes.load(
        name, scale=wanted.scale, settings=settings, seed=wanted.seed, from_scratch=wanted.from_scratch
    )
    plan = planning.make(recipe, out or planning.usual_folder(recipe, wanted.limit), wanted.limit)
    if wanted.until:
        plan = plan.until(wanted.until)
    from limbeck.cli import planned

    if dry_run:
        planned.show_plan(plan, cap, where)
        return
    if wanted.budget is not None:
        planned.warn_of_budget(plan, cap)
    execute(plan, jobs, cap=cap, where=where)


def execute(
    plan: planning.Plan,
    jobs: int,
    further: Callable[[], dict[str, Any]] = dict,
    cap: budgets.Amounts = budgets.UNLIMITED,
    where: Place = LOCAL,
) -> None:
    """Run a plan, print its headline numbers and draw its report.

    Args:
        further: called when numbers are printed; what it returns is told to programs too.
        cap: what may be spent on endpoints.
        where: shards are made.
    """
    from limbeck.pipeline.execute import RANK
    from limbeck.pipeline.runner import run as run_plan

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end, a run ends as with Ctrl-C
    try:
        runner = run_plan(plan, jobs, quiet=quiet(), cap=cap, place=where)
    except KeyboardInterrupt:
        typer.secho("interrupted; run the same command again to go on where it was", err=True)
        raise
    if RANK:
        return
    for name, made in runner.manifests.items() if quiet() else ():
        for lacking in partial.told(made):  # else said below its line
            warn(f"stage {name!r}: {lacking}")
    print_results(plan, runner.results)
    more = further()
    page = report(plan.out, None)["report"] if len(runner.manifests) == len(plan.steps) else None
    told = ("name", "use", "key", "counts", "usage", "missing", "failed_shards", "seconds", "notes")
    stages = [{key: made.get(key) for key in told} for made in runner.manifests.values()]
    results = measuring.listed(runner.results)
    give({"out": plan.out, "report": page, "stages": stages, "results": results, **more})
    if runner.mistakes:
        raise Failed("\n".join(dict.fromkeys(runner.mistakes)))


def print_results(plan: planning.Plan, rows: dict[str, list[Result]]) -> None:
    """A table for pass@1 and for each metric that the recipe asks for, a row per model; all numbers of a
    stage that has none of them, or that is the only one.

    Args:
        rows: the results of each stage of evaluation, by its name.
    """
    steps = [(plan.steps[name], results) for name, results in rows.items()]
    asked = [metrics.read(each).label for step, _ in steps for each in step.metrics]
    headline = dict.fromkeys(["pass@1", *asked]) if len(steps) > 1 else {}
    for metric in headline:
        chosen = [(step, row) for step, results in steps for row in results if row.metric == metric]
        if chosen:
            _print_metric(metric, chosen)
    for step, results in steps:
        if not any(row.metric in headline for row in results):
            body = [[row.model, row.benchmark, _temperature(row), row.metric, _value(row)] for row in results]
            title = f"{step.name}: values with 95% interval"
            _print(title, ["model", "benchmark", "T", "metric", "value"], body)


def _print_metric(metric: str, chosen: list[tuple[planning.Step, Result]]) -> None:
    rows: dict[str, dict[str, str]] = {}
    several = len({step.name.partition("@")[0] for step, _ in chosen}) > 1
    for step, row in chosen:
        column = f"{row.benchmark} T={temperature}" if (temperature := _temperature(row)) else row.benchmark
        column = f"{step.name.partition('@')[0]}: {column}" if several else column
        rows.setdefault(step.of or row.model, {})[column] = _value(row)
    columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
    body = [[model, *[cells.get(column, "") for column in columns]] for model, cells in rows.items()]
    _print(f"{metric}, 95% interval over problems", ["model", *columns], body)


def _temperature(result: Result) -> str:
    return str(result.setting.get("temperature", ""))


def _value(result: Result) -> str:
    return shown(result.value, result.unit, result.low, result.high)


def _print(title: str, headings: list[str], rows: list[list[str]]) -> None:
    if quiet():
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(*map(escape, row))
    Console(width=None if Console().is_terminal else 200).print(table)


def report(
    folder: Path, out: Path | None, figures: Path | None = None, others: Sequence[Path] = (), card: str = ""
) -> dict[str, Any]:
    """Write the HTML page of a run, and to ``figures`` its charts and tables as files; or of a set of traces.

    Returns:
        The paths written, as `limbeck.report.build.build` names them.
    """
    if card:
        return report_with_card(folder, card)
    if any(folder.glob("*.problems.parquet")) and not others:
        return _curated(folder, out, figures)
    if missing := [each for each in (folder, *others) if not (each / "run.json").is_file()]:
        raise LimbeckError(
            f"{missing[0]} holds neither run.json nor traces; give the folder of a run (--out of "
            "`limbeck run`), of one of its stages or of `limbeck import`"
        )
    from limbeck.report.build import build

    written = build(folder, out or folder / "report.html", figures, others)
    tell(f"report: {written['report']}")
    if figures is not None:
        pictures, tables = len(written["figures"]), len(written["tables"]) // 3
        tell(f"{figures}: figures as .svg: {pictures}; tables as .md, .tex and .csv: {tables}")
    return written


def report_with_card(folder: Path, wanted: str) -> dict[str, Any]:
    """Write the section on evaluation into a model card, as ``ARM=FILE`` says.

    Raises:
        LimbeckError: not in this form, or no such arm.
    """
    from limbeck.report.card import card, written_into

    model, sign, name = wanted.rpartition("=")
    if not sign or not model or not name:
        raise LimbeckError(f"--card takes ARM=FILE, got {wanted!r}")
    path, section = Path(name), card(folder, model)
    before = path.read_text(encoding="utf-8") if path.is_file() else f"# {model}\n"
    path.write_text(written_into(before, section), encoding="utf-8")
    tell(f"evaluation of {model} → {path}")
    return {"card": path, "arm": model}


def _curated(folder: Path, out: Path | None, figures: Path | None) -> dict[str, Any]:
    from limbeck.cli.moving import finished
    from limbeck.report.curation import PAGE, build, origin

    if figures is not None:
        raise LimbeckError(
            f"--figures draws those of a run; {folder} holds a set of traces, whose page has all"
        )
    where = out or folder / PAGE
    of = origin(folder)
    costs = build(finished(folder), of, where).costs
    tell(f"page: {where}")
    return {"page": where, **costs.as_dict([*of.marked])}


def parse_method(text: str) -> str | dict[str, Any]:
    """``gsm8k:path=x,n=3`` as a method's name and parameters."""
    return pages.method_text(text)
