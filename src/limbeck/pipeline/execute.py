"""Run one step: open what it reads, call its method, write what it returns, then the manifest."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from limbeck import budget, secrets
from limbeck.errors import Failed, LimbeckError
from limbeck.generation import Model
from limbeck.pipeline import (
    artefacts,
    finite,
    hub,
    inventory,
    journals,
    limits,
    manifests,
    on_ray,
    partial,
    store,
    usage,
    writing,
)
from limbeck.pipeline import parameters as P
from limbeck.pipeline.context import Context, Report
from limbeck.pipeline.locks import alone
from limbeck.pipeline.models import WEIGHTS, ModelSpec
from limbeck.pipeline.plan import Step
from limbeck.pipeline.registry import Bound, Method, fixed, method
from limbeck.pipeline.signature import gathered
from limbeck.records import Data
from limbeck.types import Shards

RANK = int(os.environ.get("RANK", "0"))
"""Which process of ``accelerate launch`` this is. Process 0 runs the recipe, the others help to train."""


@dataclass(frozen=True)
class Opener:
    """Opens what a method's parameters refer to: models, other steps' weights and signals, inner methods."""

    folders: dict[str, Path]
    context: Context
    opened: list[tuple[Model, Path | None, bool]] = field(default_factory=list)
    """Models so far, each with its journal and whether that held anything before: for `usage.of`."""
    ledger: budget.Ledger = field(default_factory=budget.Ledger)
    asked: list[Model] = field(default_factory=list)
    """The same, in their journals: for the bar's `usage.line`."""

    def __post_init__(self) -> None:
        self.context.cost = functools.partial(usage.line, self.asked)

    def model(self, spec: ModelSpec, journal: Path | None = None) -> Model:
        """The model a spec describes; with a journal, completions survive a kill.

        A model made of models is remembered as a whole: theirs are not.

        Raises:
            LimbeckError: the method gives no model.
        """
        chosen = method(spec.use)
        weights = {"path": str(self.folders[spec.step] / spec.wants.folder)} if spec.step else {}
        params = {**spec.params, **weights}
        if chosen.key in (WEIGHTS, "models/vllm"):
            hub.need(params["path"])
        model = getattr(chosen.load(), chosen.name)(**self.keywords(chosen, params, spec.inner))
        if not isinstance(model, Model):
            raise LimbeckError(f"{chosen.key} returns a {type(model).__name__}, no limbeck.generation.Model")
        model.name = spec.name
        model.spend_from(self.ledger)
        from limbeck.models.journal import Journal, holds

        self.opened.append((model, journal, journal is not None and holds(journal)))
        self.asked.append(model if journal is None else Journal(model, journal, self.context.log))
        return self.asked[-1]

    def artefact(self, kind: str, spec: ModelSpec, journal: str) -> Any:
        """What a parameter of that annotation gets: a model to be asked, else the folder of an artefact.

        Args:
            journal: the name of a model's journal in the stage's folder; empty for none.
        """
        if kind == artefacts.MODEL:
            return self.model(spec, self.context.dir / f"journal.{journal}.jsonl" if journal else None)
        if spec.step:
            return str(self.folders[spec.step] / spec.wants.folder)
        if kind == artefacts.CHECKPOINT.annotation:
            hub.need(spec.params["path"])
        return spec.params["path"]

    def keywords(
        self,
        chosen: Method,
        params: dict[str, Any],
        models: dict[str, ModelSpec],
        prefix: str = "",
        journals: bool = False,
    ) -> dict[str, Any]:
        """A method's keyword arguments, its references opened and its inner methods bound.

        Args:
            models: by dotted name; ``prefix`` is where the method's own begin.
            journals: whether its models get one each, in the stage's folder.
        """
        ready: dict[str, Any] = {}
        for name, parameter in chosen.params.items():
            want, value, dotted = P.wanted(parameter), params.get(name), f"{prefix}{name}"
            opened: list[Any] = []
            for reference, _ in P.given_names(parameter, value, dotted):
                opened.append(self.artefact(want.kind, models[reference], reference if journals else ""))
            for inner_name, inner, settings in P.given_methods(parameter, value, dotted):
                opened.append(
                    fixed(inner, self.keywords(inner, settings, models, f"{inner_name}.", journals))
                )
            if want.kind == "Context":
                ready[name] = self.context
            elif opened:
                ready[name] = P.in_shape(parameter, opened)
            elif want.kind == "Path" and value is not None:
                ready[name] = Path(value) if isinstance(value, str) else type(value)(map(Path, value))
            elif name in params:
                ready[name] = value
        return gathered(chosen, ready)


def arguments(step: Step, opener: Opener) -> dict[str, Any]:
    """A step's keyword arguments, its references opened and its inner methods bound."""
    return opener.keywords(step.method, step.params, step.models, journals=True)


def _verify(step: Step, shard: Data, keywords: dict[str, Any], context: Context) -> Data:
    from limbeck.verifiers.ops import verify

    verifier = Bound(step.method.name, step.method.load(), keywords)
    with context.progress(len(shard.traces)) as bar:
        shard.traces = list(verify(verifier, shard.problem_by_id(), shard.traces, progress=bar))
    silent = [trace.verdicts[-1].reason for trace in shard.traces if trace.outcome == "unknown"]
    if silent:
        context.log(f"{len(silent):,} of {len(shard.traces):,} verdicts are unknown; the first: {silent[0]}")
    return shard


def call(step: Step, opener: Opener, inputs: Sequence[Shards]) -> tuple[Any, Shards | None]:
    """The method's output; of what works shard by shard a function, and the shards that it is to be called
    with."""
    keywords, context = arguments(step, opener), opener.context
    if step.verifies:
        return (lambda shard: _verify(step, shard, keywords, context)), inputs[0]
    function = getattr(step.method.load(), step.method.name)
    kinds = [parameter.annotation for parameter in step.method.inputs]
    if step.method.many_inputs:
        kinds += kinds[-1:] * (len(inputs) - len(kinds))
    whole = list(zip(kinds, inputs, strict=True))[1 if step.by_shard else 0 :]
    ready = [shards.all() if kind == "Data" else shards for kind, shards in whole]
    if step.by_shard:
        return (lambda shard: function(shard, *ready, **keywords)), inputs[0]
    return function(*ready, **keywords), None


def run(
    step: Step,
    folders: dict[str, Path],
    report: Report,
    workers: int,
    inputs: Sequence[Shards] | None = None,
) -> dict[str, Any]:
    """Make a step's output unless it is there; returns its manifest.

    Args:
        folders: where each earlier step's output lies, by name.
        inputs: what it reads, where that lies in no folder.

    Raises:
        Failed: a LimbeckError from the method, with the step's name in front. What is already on disk stays.
    """
    if RANK:
        return _follow(step, folders, report, workers, inputs)
    with alone(step.folder, step.name, report), ExitStack() as again:
        partial.restore(step.folder)
        lacking, before = partial.before(step, folders), step.manifest()
        # The processes of a parallel training could not agree on whether a stage is to be made again.
        if before and (partial.current(before, lacking) or "RANK" in os.environ):
            return before
        if before:
            again.enter_context(partial.anew(step.folder, before, report))
            partial.keep_sound(step.folder, before, lacking)
        context = Context(step.folder, int(step.params.get("seed") or 0), workers, report, step.name)
        ledger = step.ledger or budget.Ledger(step.folder / budget.FILE)
        return _made(step, Opener(folders, context, ledger=ledger), inputs, before, lacking)
    assert before is not None  # made again in vain: what was there before is there again
    return before


def _made(
    step: Step,
    opener: Opener,
    inputs: Sequence[Shards] | None,
    before: dict[str, Any] | None,
    lacking: dict[str, int],
) -> dict[str, Any]:
    """Make a step's output; returns its manifest.

    Args:
        before: the manifest of what is made again.
        lacking: what is missing in the stages before.
    """
    started, context, folders = time.time(), opener.context, opener.folders
    notes = _noted(context)
    journals.take(step, context.log)
    try:
        for name in step.after & folders.keys():
            inventory.need_whole(folders[name])
        failed, models = _output(step, opener, inputs)
    except LimbeckError as error:
        mistake = f"stage {step.name!r} ({step.method.key}): {error}"
        raise Failed(secrets.redacted(mistake)) from error
    notes += filter(None, (getattr(model, "asked_at", str)() for model in models))
    missing = partial.described(models, lacking, failed)
    partial.check_progress(before, missing)
    notes += partial.told(missing)
    told = {"usage": usage.of(opener.opened), "notes": notes, "seconds": round(time.time() - started, 2)}
    manifest = manifests.of(step, {**missing, **told})
    if message := manifests.emptied(step, folders, manifest["counts"]):
        context.log(message)
    manifest = secrets.redacted_in(manifest)
    store.write_manifest(step.folder, manifest)
    journals.pack(step.folder)
    partial.unmark(step.folder)
    made = step.manifest()
    assert made is not None  # it was written above
    return made


def _output(step: Step, opener: Opener, inputs: Sequence[Shards] | None) -> tuple[list[int], list[Model]]:
    """Write a step's output; returns the shards that failed, and the models that were opened for it."""
    if inputs is None and step.away:
        prepare = functools.partial(prepared, replace(step, ledger=None), opener.folders)
        return on_ray.write(step, opener.folders[step.inputs[0]], prepare, opener.context), []
    output, shards = call(step, opener, _inputs(step, opener.folders) if inputs is None else inputs)
    output = finite.output(output, opener.context.log)
    models = [model for model, _, _ in opener.opened]
    writing.write(step, limits.first(output, step.limit) if step.limit else output, shards, models)
    return [], models


def prepared(
    step: Step, folders: dict[str, Path], report: Report
) -> tuple[Callable[[Data], Data], store.StoredShards]:
    """In a worker: what makes a shard of a step of the step's input, and that input."""
    context = Context(step.folder, int(step.params.get("seed") or 0), 1, report, step.name)
    inputs = _inputs(step, folders)
    function, _ = call(step, Opener(folders, context), inputs)
    return finite.output(function, context.log), inputs[0]


def _noted(context: Context) -> list[str]:
    """What a stage says from now on, without secrets, for its manifest."""
    notes: list[str] = []
    report = context.report

    def heard(event: dict[str, Any]) -> None:
        if event["kind"] == "log":
            event["message"] = secrets.redacted(event["message"])
            notes.append(event["message"])
        report(event)

    context.report = heard
    return notes


def _inputs(step: Step, folders: dict[str, Path]) -> list[store.StoredShards]:
    return [store.read_data(folders[name]) for name in step.inputs]


def _follow(
    step: Step,
    folders: dict[str, Path],
    report: Report,
    workers: int,
    inputs: Sequence[Shards] | None = None,
) -> dict[str, Any]:
    """What processes beside the first do with a step: train along where it trains, then wait until it is
    there."""
    if step.method.room == "training" and not step.manifest():
        context = Context(step.folder, int(step.params.get("seed") or 0), workers, report, step.name)
        call(step, Opener(folders, context), _inputs(step, folders) if inputs is None else inputs)
    while not (manifest := step.manifest()):
        time.sleep(0.2)
    return manifest
