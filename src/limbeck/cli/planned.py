"""``limbeck run --dry-run``: the resolved plan, what is there already, and what the rest would cost."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from limbeck import budget
from limbeck.cli.output import give, quiet, tell, warn
from limbeck.pipeline import checks, spending
from limbeck.pipeline.expected import expected as expected
from limbeck.pipeline.place import LOCAL, Place
from limbeck.pipeline.plan import Plan, Step

COUNTED = {
    "problems": "problems",
    "samples ≤": "samples",
    "prompt tokens ≈": "prompt_tokens",
    "new tokens ≤": "max_tokens",
    "USD ≤": "cost",
}
"""Columns of numbers, and what each shows of a step's counts."""
SPENT = ("samples", "prompt_tokens", "max_tokens", "cost")


def warn_of_budget(plan: Plan, cap: budget.Amounts, known: dict[str, Any] | None = None) -> None:
    """Say what may be too little for a plan, before anything is spent.

    Raises:
        LimbeckError: a cap that would count nothing.
    """
    spending.check(plan, cap)
    ledger = budget.Ledger(plan.out / budget.FILE, cap)
    for line in spending.warnings(plan, ledger, expected(plan) if known is None else known):
        warn(line)


def show_plan(plan: Plan, cap: budget.Amounts = budget.UNLIMITED, place: Place = LOCAL) -> None:
    """Print the plan: people get a table, what it comes to and what cannot be counted; programs the same as
    JSON.

    Raises:
        LimbeckError: a file of problems, read to count them, cannot be read.
    """
    known = expected(plan)
    for step in plan.steps.values():
        step.place = place
    for line in checks.missing_keys(plan.steps):
        warn(line)
    warn_of_budget(plan, cap, known)
    todo = [name for name in plan.steps if not known[name].get("cached")]
    sums = {key: sum(known[name].get(key) or 0 for name in todo) for key in SPENT}
    unknown = {name: known[name]["unknown"] for name in todo if known[name]["unknown"]}
    if not quiet():
        _print(plan, known)
        _print_sums(plan, sums, len(todo), unknown)
        if place.engine == "ray":
            away = ", ".join(name for name in todo if plan.steps[name].away) or "none"
            tell(f"shard by shard on ray: {away}; the rest runs here")
    give(
        {
            "recipe": plan.recipe.name,
            "scale": plan.recipe.scale,
            "seed": plan.recipe.seed,
            "out": plan.out,
            "steps": [_as_dict(step, known[name]) for name, step in plan.steps.items()],
            "total": sums,
            "unknown": unknown,
        }
    )


def _status(counts: dict[str, Any]) -> str:
    """Whether a step is made; of one with failed requests, how many are asked again."""
    if counts.get("failed_shards"):
        return f"partial: {counts['failed_shards']:,} shards to try again"
    if counts.get("missing"):
        return f"partial: {counts['missing']:,} requests to ask again"
    return "cached" if counts.get("cached") else "will run"


def _as_dict(step: Step, counts: dict[str, Any]) -> dict[str, Any]:
    """A step for programs: what it is, whether it is made, and its estimates, null where nobody knows."""
    estimates = {key: counts.get(key) for key in ("problems", "traces", *SPENT)}
    return {
        "name": step.name,
        "key": step.key,
        "use": step.method.key,
        "from": step.inputs,
        "reads": sorted(step.after),
        "status": _status(counts),
        "on": step.place.engine if step.away else LOCAL.engine,
        "settings": _changed(step),
        "estimates": estimates,
        "unknown": counts.get("unknown", []),
    }


def _changed(step: Step) -> dict[str, Any]:
    """Its settings that are no defaults."""
    defaults = {key: parameter.default for key, parameter in step.method.params.items()}
    changed = {key: value for key, value in step.params.items() if value != defaults.get(key)}
    return changed | ({"limit": step.limit} if step.limit else {})


def _number(count: float | None) -> str:
    if count is None:
        return ""
    return f"{count:,.2f}" if isinstance(count, float) else f"{count:,}"


def _print(plan: Plan, known: dict[str, dict[str, Any]]) -> None:
    recipe = plan.recipe
    title = f"{recipe.title}\nscale {recipe.scale}, seed {recipe.seed}, into {plan.out}"
    table = Table(title=escape(title), box=box.SIMPLE_HEAD, title_justify="left")
    shown = {heading: key for heading, key in COUNTED.items() if any(key in each for each in known.values())}
    for heading in ("stage", "method", "reads", "state", *shown, "settings"):
        table.add_column(heading, overflow="fold", justify="right" if heading in shown else "left")
    for name, step in plan.steps.items():
        numbers = [_number(known[name].get(key)) for key in shown.values()]
        state = _status(known[name])
        settings = ", ".join(f"{key}={value}" for key, value in _changed(step).items())
        table.add_row(name, step.method.key, ", ".join(sorted(step.after)), state, *numbers, escape(settings))
    Console(width=None if Console().is_terminal else 160).print(table)


def _print_sums(plan: Plan, sums: dict[str, Any], todo: int, unknown: dict[str, list[str]]) -> None:
    console = Console(width=None if Console().is_terminal else 160)
    prompts = f"about {sums['prompt_tokens']:,} prompt tokens and " if sums["prompt_tokens"] else ""
    paid = f", {sums['cost']:,.2f} USD" if sums["cost"] else ""
    console.print(
        f"{len(plan.steps) - todo} cached, {todo} to run; at most {sums['samples']:,} samples, {prompts}"
        f"{sums['max_tokens']:,} new tokens{paid}",
        markup=False,
    )
    depending: dict[str, list[str]] = {}
    for name, reasons in unknown.items():
        for reason in reasons:
            depending.setdefault(reason, []).append(name)
    for reason, names in depending.items():
        asks = f"{', '.join(names)} ask" + "s" * (len(names) == 1)
        console.print(f"not counted is what {asks} that depends on {reason}", markup=False)
