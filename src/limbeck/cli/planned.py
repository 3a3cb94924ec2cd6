"""``limbeck run --dry-run``: the resolved plan, what is there already, and what the rest would cost."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from limbeck.pipeline.models import ModelSpec
from limbeck.pipeline.plan import Plan, Step
from limbeck.pipeline.registry import method

COUNTED = {"problems": "problems", "samples ≤": "samples", "tokens ≤": "max_tokens", "USD ≤": "cost"}
"""Columns of numbers, and what each shows of a step's counts."""


def expected(plan: Plan) -> dict[str, dict[str, Any]]:
    """Counts per step: measured where the step is made, else what its method's ``estimate`` says, else its
    input's."""
    known: dict[str, dict[str, Any]] = {}
    for name, step in plan.steps.items():
        if manifest := step.manifest():
            known[name] = {**manifest["counts"], "cached": True}
            continue
        counts: dict[str, Any] = dict(known[step.inputs[0]]) if step.inputs else {}
        if step.method.many_inputs and all("problems" in known[name] for name in step.inputs):
            for key in ("problems", "traces"):
                counts[key] = sum(known[name].get(key) or 0 for name in step.inputs)
        counts.pop("cached", None)
        for spent in ("samples", "max_tokens", "cost"):
            counts.pop(spent, None)
        if isinstance(step.params.get("n"), int) and not step.inputs:
            counts["problems"] = step.params["n"]
        estimate = _estimate(step, counts)
        counts.update(estimate)
        known[name] = counts
    return known


def _estimate(step: Step, counts: dict[str, Any]) -> dict[str, Any]:
    source = step.method.path.read_text(encoding="utf-8")
    if "def estimate(" not in source or not counts.get("problems"):
        return {}
    estimate: dict[str, Any] = step.method.load().estimate(counts, step.params)
    for spec in step.models.values():
        if "samples" in estimate:
            estimate = _decoded(spec, estimate)
    price = sum(spec.params.get("price_out", 0.0) for spec in step.all_models())
    if price and "samples" in estimate:
        estimate["cost"] = estimate.get("max_tokens", 0) * price / 1e6
    return estimate


def _decoded(spec: ModelSpec, estimate: dict[str, Any]) -> dict[str, Any]:
    """What is asked of the models that a model is made of; no number of samples where its method has no
    ``estimate``."""
    chosen = method(spec.use)
    if chosen.room == "decoding":
        if "\ndef estimate(" not in chosen.path.read_text(encoding="utf-8"):
            return {key: value for key, value in estimate.items() if key not in ("samples", "max_tokens")}
        estimate = {**estimate, **chosen.load().estimate(estimate, spec.params)}
        for name, inner in spec.inner.items():
            if "." not in name and "samples" in estimate:
                estimate = _decoded(inner, estimate)
    return estimate


def _number(count: float | None) -> str:
    if count is None:
        return ""
    return f"{count:,.2f}" if isinstance(count, float) else f"{count:,}"


def _asks(step: Step) -> bool:
    """Whether a step draws from models; training asks them too, but that is no sampling to be paid for."""
    return bool(step.models) and step.method.room != "training"


def show_plan(plan: Plan) -> None:
    """Print the plan as a table, then the parameters that differ from each method's defaults."""
    console = Console(width=None if Console().is_terminal else 160)
    known = expected(plan)
    recipe = plan.recipe
    title = f"{recipe.title}\nscale {recipe.scale}, seed {recipe.seed}, into {plan.out}"
    table = Table(title=escape(title), box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("stage", "method", "reads", "state", *COUNTED, "settings"):
        table.add_column(heading, overflow="fold", justify="right" if heading in COUNTED else "left")
    for name, step in plan.steps.items():
        counts = known[name]
        defaults = {key: parameter.default for key, parameter in step.method.params.items()}
        changed = {key: value for key, value in step.params.items() if value != defaults.get(key)}
        numbers = [_number(counts.get(key)) for key in COUNTED.values()]
        state = "cached" if counts.get("cached") else "will run"
        settings = ", ".join(f"{key}={value}" for key, value in changed.items())
        table.add_row(name, step.method.key, ", ".join(sorted(step.after)), state, *numbers, escape(settings))
    console.print(table)
    todo = [name for name in plan.steps if not known[name].get("cached")]
    samples = sum(known[name].get("samples") or 0 for name in todo)
    tokens = sum(known[name].get("max_tokens") or 0 for name in todo)
    unknown = not all("problems" in known[name] for name in todo)
    asking = [name for name in todo if _asks(plan.steps[name]) and "samples" not in known[name]]
    console.print(
        f"{len(plan.steps) - len(todo)} cached, {len(todo)} to run; "
        f"at most {samples:,} samples and {tokens:,} new tokens"
        + (" where the number of problems is known in advance" if unknown else "")
        + (f"; not counted is what {', '.join(asking)} ask" + "s" * (len(asking) == 1) if asking else ""),
        markup=False,
    )
