"""From a recipe to steps: every name resolved, every value checked, every key known, nothing run yet."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError, Mistakes, unknown
from limbeck.pipeline import (
    artefacts,
    caches,
    checks,
    earlier,
    files,
    limits,
    metrics,
    models,
    routers,
    vocabularies,
)
from limbeck.pipeline import parameters as P
from limbeck.pipeline.annotations import FILES, REFERENCES
from limbeck.pipeline.files import resolve_path
from limbeck.pipeline.recipe import DEFAULT_SCALE, Recipe, Stage
from limbeck.pipeline.registry import Method, method
from limbeck.pipeline.step import Step as Step
from limbeck.pipeline.store import SCHEMA_VERSION


@dataclass
class Plan:
    """All steps in an order in which they can run."""

    recipe: Recipe
    out: Path
    steps: dict[str, Step]

    def until(self, *names: str) -> Plan:
        """Only what these stages need, and they themselves."""
        wanted: list[Step] = []
        for name in names:
            having = [step for step in self.steps.values() if name in (step.name, step.name.split("@")[0])]
            if not having:
                raise unknown("stage", name, self.steps, f"recipe {self.recipe.name}")
            wanted += having
        keep: set[str] = set()
        queue = [step.name for step in wanted]
        while queue:
            step = self.steps[queue.pop()]
            if step.name not in keep:
                keep.add(step.name)
                queue += step.after
        return Plan(self.recipe, self.out, {name: step for name, step in self.steps.items() if name in keep})


def usual_folder(recipe: Recipe, limit: int | None = None) -> Path:
    """Where a run lies unless somebody says so: ``runs/RECIPE``, with the scale and the limit behind it."""
    scale = recipe.scale if recipe.scale != DEFAULT_SCALE else ""
    cut = f"first{limit}" if limit is not None else ""
    return Path("runs") / "-".join(filter(None, [recipe.name, scale, cut]))


def _expand(recipe: Recipe) -> dict[str, list[tuple[Stage, str | None]]]:
    """A stage with ``of: [a, b]`` becomes one step per model, ``stage@a`` and ``stage@b``."""
    expanded: dict[str, list[tuple[Stage, str | None]]] = {}
    for name, stage in recipe.stages.items():
        expanded[name] = [(stage, of) for of in stage.of] or [(stage, None)]
    return expanded


def _label(stage: Stage, of: str | None) -> str:
    return f"{stage.name}@{of}" if of else stage.name


def _step(stage: Stage, of: str | None, recipe: Recipe, labels: dict[str, list[str]]) -> Step:
    where = f"recipe {recipe.name}: stage {stage.name!r}"
    chosen = method(stage.use, where)
    for source in stage.inputs:
        P.need_known(source, labels, "stage", where)
    inputs = [label for source in stage.inputs for label in labels[source]]
    if chosen.returns.startswith("Verdict"):
        wanted = 1
    else:
        wanted = len(chosen.inputs)
    if not (chosen.many_inputs and len(inputs) >= 1) and len(inputs) != wanted:
        names = ", ".join(parameter.name for parameter in chosen.inputs) or "none"
        raise LimbeckError(
            f"{where}: {chosen.key} takes {wanted} input(s) ({names}) in `from`, got {len(inputs)}"
        )
    given = dict(stage.params)
    if of:
        P.check_annotations(chosen, where)
        slots = [name for name, each in chosen.params.items() if P.wanted(each).kind in REFERENCES]
        if len(slots) != 1:
            raise LimbeckError(
                f"{where}: `of` needs a method with one model parameter; {chosen.key} has {len(slots)}"
            )
        given[slots[0]] = of
    if "seed" in chosen.params and "seed" not in given:
        given["seed"] = recipe.seed
    params = P.check(chosen, given, where)
    specs = models.named(chosen, params, recipe, where)
    find_files(chosen, params, recipe.path.parent, where)
    for each in stage.metrics:
        metrics.read(each, where)
    step = Step(_label(stage, of), chosen, inputs, params, specs, of, stage.metrics)
    if step.metrics and step.makes != artefacts.RESULTS:
        raise LimbeckError(f"{where}: metrics are read from samples of an evaluation; {chosen.key} is none")
    return step


def find_files(chosen: Method, params: dict[str, Any], folder: Path, where: str) -> None:
    """Have a method's paths, and those of methods that it is given, found from the recipe's folder, in place.

    Raises:
        LimbeckError: nothing is there, or a folder where a file is wanted.
    """
    for name, parameter in chosen.params.items():
        want, value = P.wanted(parameter), params.get(name)
        if want.kind in FILES and value:
            paths = [resolve_path(each, folder) for each in files.listed(value)]
            for path in paths:
                _need_file(path, chosen, name, f"{where}: {name}")
                if want.kind == "InputFile":
                    files.no_folder(path, f"{where}: {name}")
            params[name] = paths[0] if isinstance(value, str) else type(value)(paths)
        for inner_name, inner, settings in P.given_methods(parameter, value, name):
            find_files(inner, settings, folder, f"{where}: {inner_name}")


def _need_file(path: str, chosen: Method, name: str, where: str) -> None:
    """Raise unless something is there, with what the method knows of where to get it."""
    try:
        P.need_file(path, where)
    except LimbeckError as error:
        source = files.source_of(chosen, name)
        raise LimbeckError(f"{error} ({source})" if source else str(error)) from error


def _ordered(steps: dict[str, Step], recipe: Recipe) -> list[Step]:
    order: list[Step] = []
    state: dict[str, str] = {}

    def visit(name: str, path: list[str]) -> None:
        if state.get(name) == "done":
            return
        if state.get(name) == "open":
            cycle = " → ".join([*path[path.index(name) :], name])
            raise LimbeckError(f"recipe {recipe.name}: stages wait for each other in a cycle: {cycle}")
        state[name] = "open"
        for other in sorted(steps[name].after, key=list(steps).index):
            visit(other, [*path, name])
        state[name] = "done"
        order.append(steps[name])

    for name in steps:
        visit(name, [])
    return order


def key_of(step: Step, keys: dict[str, str], schema: int = SCHEMA_VERSION) -> str:
    """A digest of all that can change the step's output: method, version, parameters, files, and its inputs
    by their ``keys``; under an earlier ``schema`` the one that it had then."""
    # The method goes by the key it was born with, so moving a file makes nothing anew; its source is left
    # out, for a comment changes it too: who changes what a method does raises its VERSION.
    whole = [
        schema,
        step.method.first_key,
        P.version(step.method, step.params),
        models.settings_key(step.method, step.params, step.models, keys),
        [keys[name] for name in step.inputs],
        *([{"limit": step.limit}] if step.limit else []),
    ]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _steps(recipe: Recipe, mistakes: Mistakes) -> dict[str, Step]:
    """A step per stage and model; a stage with a mistake, which is noted, has none."""
    expanded = _expand(recipe)
    labels = {name: [_label(stage, of) for stage, of in pairs] for name, pairs in expanded.items()}
    steps = {}
    for stage, of in (pair for pairs in expanded.values() for pair in pairs):
        with mistakes.noting():
            steps[_label(stage, of)] = _step(stage, of, recipe, labels)
    return steps


def _check_flow(step: Step, steps: dict[str, Step], where: str) -> None:
    """Refuse a step that reads from another one what that does not make."""
    for spec in step.all_models():
        if spec.step in steps and steps[spec.step].makes != spec.wants:
            raise LimbeckError(
                f"{where} uses {spec.step!r} as {spec.wants.called}, but that makes "
                f"{steps[spec.step].makes.called}"
            )
    for source in step.inputs:
        if source in steps and not steps[source].makes.flows:
            raise LimbeckError(
                f"{where} reads data from {source!r}, which makes {steps[source].makes.called}"
            )


def _check_settings(step: Step, recipe: Recipe, mistakes: Mistakes) -> None:
    """Note what the methods that take part in a step refuse."""
    with mistakes.noting():
        checks.precheck(step.method, step.params, f"recipe {recipe.name}: stage {step.name!r}")
    for spec in step.all_models():
        with mistakes.noting():
            checks.precheck(method(spec.use), spec.params, f"recipe {recipe.name}: model {spec.name!r}")


def make(recipe: Recipe, out: Path, limit: int | None = None) -> Plan:
    """Resolve and check a recipe.

    Args:
        limit: how many problems each stage keeps that brings some; None keeps all.

    Raises:
        LimbeckError: for an unknown method, stage, model or parameter, a wrong value, a missing file or a
            cycle, or what a method's ``precheck`` refuses; the mistakes of all stages at once.
    """
    mistakes = Mistakes()
    steps = _steps(recipe, mistakes)
    for step in steps.values():
        with mistakes.noting():
            _check_flow(step, steps, f"recipe {recipe.name}: stage {step.name!r}")
    if mistakes.noted:
        # Without all steps no key is known, so neither is what has been made and thereby passed.
        for step in steps.values():
            _check_settings(step, recipe, mistakes)
        mistakes.tell()
    if limit is not None:
        limits.limit(steps.values(), limit, f"recipe {recipe.name}")
    keys: dict[str, str] = {}
    ordered = _ordered(steps, recipe)
    schemas: list[dict[str, str]] = [{} for _ in range(SCHEMA_VERSION - 1)]
    for step in ordered:
        # In this order the keys of its inputs are known: through them a key covers all that led here.
        now = partial(key_of, step, keys, SCHEMA_VERSION)
        step.key, step.folder = earlier.place(step.name, out / "stages", now)
        keys[step.name] = step.key
        for schema, then in enumerate(schemas, 1):
            then[step.name] = key_of(step, then, schema)
            step.before.append(out / "stages" / f"{step.name}-{then[step.name]}")
        # What is made has passed its check.
        if not step.manifest():
            _check_settings(step, recipe, mistakes)
            with mistakes.noting():
                checks.pairs(step, steps, f"recipe {recipe.name}: stage {step.name!r}")
            with mistakes.noting():
                vocabularies.check(step, steps, f"recipe {recipe.name}: stage {step.name!r}")
            with mistakes.noting():
                caches.check(step, steps, f"recipe {recipe.name}: stage {step.name!r}")
            with mistakes.noting():
                routers.check(step, steps, f"recipe {recipe.name}: stage {step.name!r}")
    mistakes.tell()
    return Plan(recipe, out, {step.name: step for step in ordered})
