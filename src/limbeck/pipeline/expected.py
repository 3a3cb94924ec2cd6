"""What a plan would ask of its models, step by step: counted before anything runs, in tokens and USD."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from limbeck.errors import Mistakes
from limbeck.pipeline import artefacts, estimates, store
from limbeck.pipeline import parameters as P
from limbeck.pipeline.annotations import FILES
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts
from limbeck.pipeline.files import DIGESTED, listed, size_of
from limbeck.pipeline.limits import first
from limbeck.pipeline.loading import PACKAGE
from limbeck.pipeline.models import ModelSpec
from limbeck.pipeline.plan import Plan, Step
from limbeck.pipeline.registry import Method, method
from limbeck.records import Data

SPENT = ("samples", "prompt_tokens", "max_tokens")
SAMPLED = 1_000
"""Problems and traces of a made stage that are looked at to tell how long they are."""


@dataclass
class Asking:
    """What is asked of models: for each, how often and how much at most; and why more is not known."""

    calls: list[tuple[ModelSpec, Counts]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def totals(self) -> Counts:
        """The sums over all models, with ``cost`` in USD where prices are given; nothing where no call is
        known. Prompts of unknown length are in no sum and named in ``unknown``."""
        if not self.calls:
            return {}
        sums: Counts = {key: sum(call.get(key, 0) for _, call in self.calls) for key in SPENT}
        unsized = [spec.name for spec, call in self.calls if call["samples"] and "prompt_tokens" not in call]
        for name in dict.fromkeys(unsized):
            self.unknown.append(f"how long prompts of {name} are")
        if len(unsized) == len(self.calls):
            del sums["prompt_tokens"]
        prices = ("price_in", "price_out")
        if any(spec.params.get(price) for spec, _ in self.calls for price in prices):
            sums["cost"] = sum(usd(spec, call) for spec, call in self.calls)
        return sums


def usd(spec: ModelSpec, call: Counts) -> float:
    """USD of calls, from prices per million tokens."""
    prompts, new = call.get("prompt_tokens", 0), call["max_tokens"]
    paid = prompts * spec.params.get("price_in", 0.0) + new * spec.params.get("price_out", 0.0)
    return float(paid) / 1e6


def expected(plan: Plan) -> dict[str, Counts]:
    """Counts per step: measured where it is made or only reads a file; else what its method's ``estimate``
    says, else its input's. ``calls`` are what it asks, by model; ``unknown`` lists what they depend on that
    no plan can know.

    Raises:
        LimbeckError: a file of problems cannot be read.
    """
    known: dict[str, Counts] = {}
    mistakes = Mistakes()
    for name, step in plan.steps.items():
        if manifest := step.manifest():
            known[name] = {**manifest["counts"], **_lengths(step), "cached": True}
            known[name]["missing"] = manifest.get("missing", 0)
            known[name]["failed_shards"] = len(manifest.get("failed_shards", ()))
            continue
        counts = _flowing_in(step, known)
        with mistakes.noting():
            counts |= _read(step)
        asking = Asking()
        made = ask(asking, step.method, step.params, step.models, counts)
        totals = asking.totals()
        known[name] = {**counts, **made, **totals, "unknown": list(dict.fromkeys(asking.unknown))}
        known[name]["calls"] = asking.calls
    mistakes.tell()
    return known


def _flowing_in(step: Step, known: dict[str, Counts]) -> Counts:
    """What a step that is not made yet reads."""
    if not step.inputs:
        number = step.params.get("n")
        if not isinstance(number, int):
            return {"problems": step.limit} if step.limit else {}
        return {"problems": min(number, step.limit or number)}
    kept = ("problems", "traces", "kept", "pairs", "question_tokens", "trace_tokens")
    counts = {key: known[step.inputs[0]][key] for key in kept if key in known[step.inputs[0]]}
    sources = [known[name] for name in step.inputs]
    if step.method.many_inputs and all("problems" in source for source in sources):
        for key in ("problems", "traces"):
            counts[key] = sum(source.get(key) or 0 for source in sources)
        for key in ("question_tokens", "trace_tokens"):  # the longest: what is said is at most
            if longest := max((source.get(key) or 0 for source in sources), default=0):
                counts[key] = longest
    return counts


def _read(step: Step) -> Counts:
    """What a step makes that only reads a file, or makes up problems by rules of the house: neither takes
    long."""
    chosen, params = step.method, step.params
    if chosen.room != "problems" or step.inputs or step.models:
        return {}
    names = [name for name, each in chosen.params.items() if P.wanted(each).kind in FILES and params[name]]
    size = sum(size_of(each) for name in names for each in listed(params[name]))
    house = chosen.path.is_relative_to(PACKAGE) and chosen.shelf == "worlds"
    if not house and not (names and size <= DIGESTED):
        return {}
    from limbeck.pipeline.execute import Opener, arguments

    try:
        made = getattr(chosen.load(), chosen.name)(**arguments(step, Opener({}, Context(Path()))))
        if step.limit:
            made = first(made, step.limit)
        return estimates.measured([made] if isinstance(made, Data) else made)
    except ModuleNotFoundError:
        return {}


def _lengths(step: Step) -> Counts:
    """Mean lengths in a made stage, from the beginning of its first shard."""
    if not step.makes.flows:
        return {}
    part = store.read_shard(step.folder, 0)
    traces = {trace.id: trace for trace in part.traces[:SAMPLED]}
    sample = estimates.measured([Data(part.problems[:SAMPLED], list(traces.values()))])
    return {key: value for key, value in sample.items() if key.endswith("_tokens")}


def ask(
    asking: Asking,
    chosen: Method,
    params: dict[str, Any],
    models: dict[str, ModelSpec],
    counts: Counts,
    prefix: str = "",
) -> Counts:
    """Note what a method, and those that it is given, ask of their models.

    Args:
        models: by dotted name; ``prefix`` is where the method's own begin.

    Returns:
        What the method says that it makes of its input: ``traces`` and the like.
    """
    names = [name for name, each in chosen.params.items() if P.wanted(each).kind == artefacts.MODEL]
    names = [name for name in names if params.get(name) is not None]
    made, seen = _estimate(chosen, params, counts, bool(names)), dict(counts)
    asks: dict[str, Counts] = dict(made.pop("asks", {}))
    if "samples" in made and names:
        asks.setdefault(names[0], {key: made[key] for key in SPENT if key in made})
        if made["samples"]:
            seen |= {"traces": made["samples"], "trace_tokens": made["max_tokens"] / made["samples"]}
            if made.get("traces", 0) > counts.get("traces", 0):
                made.setdefault("trace_tokens", max(seen["trace_tokens"], counts.get("trace_tokens", 0)))
    seen |= made.pop("judged", {})
    if why := made.pop("unknown", ""):
        asking.unknown.append(why)
        seen.pop("traces", None)
    for name in names if not why else ():
        for dotted, _ in P.given_names(chosen.params[name], params[name], f"{prefix}{name}"):
            if name in asks:
                _call(asking, models[dotted], asks[name], counts)
    for name, parameter in chosen.params.items():
        for dotted, inner, settings in P.given_methods(parameter, params.get(name), f"{prefix}{name}"):
            if any(key.startswith(f"{dotted}.") for key in models):
                ask(asking, inner, settings, models, seen, f"{dotted}.")
    return {key: value for key, value in made.items() if key not in SPENT}


def _call(asking: Asking, spec: ModelSpec, call: Counts, counts: Counts) -> None:
    """Note a call, of a model made of models as calls of those."""
    chosen = method(spec.use)
    if chosen.room != "decoding":
        asking.calls.append((spec, call))
        return
    ask(asking, chosen, spec.params, spec.inner, {**counts, **call})


def _estimate(chosen: Method, params: dict[str, Any], counts: Counts, asks: bool) -> Counts:
    """What a method's ``estimate`` says; that it says nothing, where it asks a model."""
    if "\ndef estimate(" not in chosen.path.read_text(encoding="utf-8"):
        return {"unknown": f"{chosen.key}, which has no estimate"} if asks else {}
    needed = (
        "samples" if chosen.room == "decoding" else "traces" if chosen.room == "verifiers" else "problems"
    )
    if needed not in counts:
        return {"unknown": f"the number of {needed}"} if asks else {}
    try:
        return dict(chosen.load().estimate(counts, params))
    except ModuleNotFoundError as error:
        return {"unknown": f"what {chosen.key} does: {error.name} is not installed"}
