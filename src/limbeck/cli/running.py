"""``limbeck run``, ``eval`` and ``report``."""

from __future__ import annotations

import re
import signal
import threading
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from limbeck.errors import LimbeckError
from limbeck.pipeline import pages
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.registry import bind
from limbeck.records import Result
from limbeck.reproduction.claims import shown


def run(
    name: str,
    scale: str,
    settings: list[str],
    out: Path | None,
    seed: int | None,
    until: str,
    from_scratch: bool,
    dry_run: bool,
    jobs: int,
) -> None:
    """Plan, run, report."""
    recipe = recipes.load(
        name, scale=scale, settings=recipes.parse_settings(settings), seed=seed, from_scratch=from_scratch
    )
    plan = planning.make(
        recipe, out or Path("runs") / (recipe.name if scale == "miniature" else f"{recipe.name}-{scale}")
    )
    if until:
        plan = plan.until(until)
    if dry_run:
        from limbeck.cli.planned import show_plan

        show_plan(plan)
        return
    execute(plan, jobs)


def execute(plan: planning.Plan, jobs: int) -> None:
    """Run a plan, print its headline numbers and draw its report."""
    from limbeck.pipeline.execute import RANK
    from limbeck.pipeline.runner import run as run_plan

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end, a run ends as with Ctrl-C
    try:
        runner = run_plan(plan, jobs)
    except KeyboardInterrupt:
        typer.secho("interrupted; run the same command again to go on where it was", err=True)
        raise
    if RANK:
        return
    print_results(plan)
    if len(runner.manifests) == len(plan.steps):
        report(plan.out, None)


def print_results(plan: planning.Plan) -> None:
    """pass@1 of every model on every benchmark; all numbers of a stage that has none, or that is the only
    one."""
    from limbeck.pipeline.store import read_results

    steps = [
        (step, read_results(step.folder).results) for step in plan.steps.values() if step.kind == "results"
    ]
    rows: dict[str, dict[str, str]] = {}
    for step, results in steps:
        for result in results:
            if result.metric == "pass@1":
                column = f"{result.benchmark} T={result.setting.get('temperature', '')}"
                rows.setdefault(step.of or result.model, {})[column] = _value(result)
    if rows and len(steps) > 1:
        columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
        body = [[model, *[cells.get(column, "") for column in columns]] for model, cells in rows.items()]
        _print("pass@1 in %, 95% interval over problems", ["model", *columns], body)
    for step, results in steps:
        if len(steps) == 1 or not any(result.metric == "pass@1" for result in results):
            body = [
                [
                    result.model,
                    result.benchmark,
                    str(result.setting.get("temperature", "")),
                    result.metric,
                    _value(result),
                ]
                for result in results
            ]
            title = f"{step.name}: shares in %, 95% interval"
            _print(title, ["model", "benchmark", "T", "metric", "value"], body)


def _value(result: Result) -> str:
    text = shown(result.metric, result.value)
    if result.low is None or result.high is None:
        return text
    return f"{text} [{shown(result.metric, result.low)}, {shown(result.metric, result.high)}]"


def _print(title: str, headings: list[str], rows: list[list[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(*map(escape, row))
    Console(width=None if Console().is_terminal else 200).print(table)


def report(folder: Path, out: Path | None) -> None:
    """Write the HTML page of a run."""
    if not (folder / "run.json").is_file():
        raise LimbeckError(f"{folder} holds no run.json; give the folder of a run (--out of `limbeck run`)")
    from limbeck.report.build import build

    typer.echo(f"report: {build(folder, out or folder / 'report.html')}")


def parse_method(text: str) -> str | dict[str, Any]:
    """``gsm8k:path=x,n=3`` as a method's name and parameters."""
    name, _, rest = text.partition(":")
    if not rest:
        return name
    params = {}
    for part in rest.split(","):
        key, sign, value = part.partition("=")
        if not sign:
            raise LimbeckError(f"write parameters as {name}:key=value,key=value, not {text!r}")
        params[key.strip()] = pages.value(value, text)
    return {name: params}


def _model(text: str) -> dict[str, Any]:
    if text.startswith("openai:"):
        name, _, url = text.removeprefix("openai:").partition("@")
        return {"use": "models/openai", "model": name, **({"url": url} if url else {})}
    if text.startswith("vllm:"):
        return {"use": "models/vllm", "path": text.removeprefix("vllm:")}
    return {"use": "models/transformers", "path": text}


def _decoding(text: str, model: str, form: str) -> dict[str, Any]:
    """A strategy around a model, which reads answers as the evaluation does unless told otherwise."""
    method, given = bind("decoding", parse_method(text), "--decoding")
    if method.room != "decoding":
        raise LimbeckError(f"--decoding: {text!r} is no method of decoding/")
    form_too = {"format": form} if "format" in method.params else {}
    return {"use": method.key, "model": model, **form_too, **given}


def evaluate(
    model: str, benchmark: str, verifier: str, sampling: dict[str, Any], k: list[int], form: str,
    template: str, seed: int, out: Path | None, decoding: str = "",
) -> None:  # fmt: skip
    """A recipe of two stages, made in memory."""
    chosen = parse_method(benchmark)
    name, params = next(iter(chosen.items())) if isinstance(chosen, dict) else (chosen, {})
    spec = _model(model)
    short = re.sub(
        r"[^\w.-]+", "-", str(spec.get("model") or spec["path"]).rstrip("/").rpartition("/")[2]
    ).strip("-.")
    short = short or "model"
    models, n = {short: spec}, sampling["n"]
    if decoding:
        strategy = _decoding(decoding, short, form)
        short = f"{strategy['use'].rpartition('/')[2]}-{short}"
        models[short] = strategy
    raw = {
        "title": f"{short if decoding else model} on {name}",
        "models": models,
        "stages": {
            "problems": {"use": f"problems/{name}", **params},
            "scores": {
                "use": "evaluation/accuracy", "from": "problems", "of": short,
                "verifier": parse_method(verifier),
                **sampling, "k": k or sorted({1, n}), "format": form, "template": template, "seed": seed,
            },
        },
    }  # fmt: skip
    folder = out or Path("runs") / f"eval-{name}-{short}"
    execute(planning.make(recipes.build(f"eval-{name}", Path("."), raw), folder), jobs=1)
