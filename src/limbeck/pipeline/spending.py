"""A run's budget: what a plan would cost held against it, and what is said when it is spent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from limbeck import budget
from limbeck.budget import Amounts, Ledger
from limbeck.errors import LimbeckError
from limbeck.pipeline import expected
from limbeck.pipeline.estimates import Counts
from limbeck.pipeline.models import ModelSpec
from limbeck.pipeline.plan import Plan
from limbeck.pipeline.registry import method

PAID = "models/openai"
"""The models that a budget counts."""


def check(plan: Plan, cap: Amounts) -> None:
    """Refuse a cap of a run that would count nothing.

    Raises:
        LimbeckError: no model of the plan is an endpoint, or the cap is in USD and none has a price.
    """
    if cap == budget.UNLIMITED:
        return
    asked = _paid(plan)
    where = f"recipe {plan.recipe.name}: budget"
    if not asked:
        raise LimbeckError(f"{where}: no model is an endpoint ({PAID}), so there is nothing to count")
    if cap.usd < budget.UNLIMITED.usd and not any(any(_prices(spec)) for spec in asked.values()):
        names = ", ".join(asked)
        raise LimbeckError(f"{where}: usd counts nothing without price_in and price_out of a model ({names})")


def warnings(plan: Plan, ledger: Ledger, known: Mapping[str, Counts]) -> list[str]:
    """A line for each budget that may not last for what a plan asks at most.

    Args:
        known: by step, from `expected.expected`.
    """
    if not any(counts.get("missing") or counts.get("calls") for counts in known.values()):
        return []  # nothing is left to ask
    lines = []
    for model, cap in _caps(plan, ledger):
        most = _most(known.values(), model)
        spent = ledger.spent(model)
        whose = f"the budget of model {model!r}" if model else "the run's budget"
        if spent.reach(cap):
            lines.append(f"{whose} is spent: {budget.shown(spent, cap)}")
        elif spent.plus(most).reach(cap):
            lines.append(
                f"{whose} may not last: spent are {budget.shown(spent, cap)}, and what is left to ask may "
                f"come to {budget.shown(most)}"
            )
    return lines


def stopped(plan: Plan, ledger: Ledger, made: Mapping[str, Mapping[str, Any]]) -> str:
    """The line with which a run ends whose budget is spent; empty where no stage lacks anything for that.

    Args:
        made: manifests by step.
    """
    short = {name: manifest["unasked"] for name, manifest in made.items() if manifest.get("unasked")}
    if not short:
        return ""
    caps = {name: cap for name, cap in _caps(plan, ledger) if name}
    spent = [budget.shown(ledger.spent(), ledger.cap)]
    spent += [f"model {name!r}: {budget.shown(ledger.spent(name), cap)}" for name, cap in caps.items()]
    over = [ledger.spent(name).reach(cap) for name, cap in _caps(plan, ledger)]
    # Where the server is gone when the budget is raised, what an earlier one left is missing still.
    what = "the budget is spent" if any(over) else "a budget that was spent left requests unasked"
    lacking = ", ".join(f"stage {name!r} lacks {count:,} requests" for name, count in short.items())
    left = [name for name in plan.steps if name not in made]
    rest = f"; not begun: {', '.join(left)}" if left else ""
    return (
        f"{what} ({'; '.join(spent)}): {lacking}{rest}; what was paid for is kept: "
        f"{'raise the budget and ' * any(over)}run the same command to go on"
    )


def _paid(plan: Plan) -> dict[str, ModelSpec]:
    """The endpoints that a plan asks, by name."""
    specs = [spec for step in plan.steps.values() for spec in step.all_models()]
    return {spec.name: spec for spec in specs if method(spec.use).key == PAID}


def _caps(plan: Plan, ledger: Ledger) -> Iterator[tuple[str, Amounts]]:
    """The caps that are set, by model; the run's without a name."""
    if ledger.cap != budget.UNLIMITED:
        yield "", ledger.cap
    for name, spec in _paid(plan).items():
        if spec.params.get("budget"):
            yield name, budget.of_model(spec.params["budget"], _prices(spec))


def _prices(spec: ModelSpec) -> tuple[float, float]:
    return spec.params.get("price_in") or 0.0, spec.params.get("price_out") or 0.0


def _most(known: Iterable[Counts], model: str) -> Amounts:
    """What is left to ask of a model, or of all endpoints, at most."""
    total = Amounts()
    for counts in known:
        for spec, call in counts.get("calls", ()):
            if method(spec.use).key == PAID and model in ("", spec.name):
                tokens = call.get("prompt_tokens", 0) + call["max_tokens"]
                total = total.plus(Amounts(expected.usd(spec, call), tokens, call["samples"]))
    return total
