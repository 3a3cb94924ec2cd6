"""``limbeck eval``: models on a benchmark, each sampled, judged, counted and compared with the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from limbeck import budget as budgets
from limbeck.cli import comparing, naming
from limbeck.cli.output import warn
from limbeck.cli.running import execute, parse_method
from limbeck.pipeline import metrics, models, store
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.registry import bind

PLAIN = "plain"
"""In place of a strategy: the model as it is."""


@dataclass(frozen=True)
class Asked:
    """What models are asked: problems, who judges, the settings of `evaluation/accuracy`, strategies of
    ``decoding/`` each of which goes around each model (`PLAIN` for none), further metrics, only the first
    ``limit`` problems (None: all), spending no more than ``budget``."""

    benchmark: str
    verifier: str
    settings: dict[str, Any]
    decodings: list[str] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    limit: int | None = None
    budget: str | None = None


def evaluate(given: Sequence[str], asked: Asked, pair: tuple[str, str] | None, out: Path | None) -> None:
    """A recipe of two stages, made in memory, and the models' differences paired by problem."""
    parts = [naming.split_name(text) for text in given]
    arms: list[str] = []
    spending: list[tuple[str, str]] = []
    known: dict[str, dict[str, Any]] = {}
    for name, (_, path) in zip(naming.names(parts, called), parts, strict=True):
        known[name] = as_recipe(path)
        strategies = _strategies(asked.decodings, name, asked.settings["format"])
        for label, strategy in strategies.items():
            arms.append(f"{label}-{name}" if label else name)
            known |= {arms[-1]: strategy} if label else {}
            spending += [(arms[-1], name)] if label and "" in strategies else []
    pairs, cap = comparing.pairs(arms, pair), budgets.parse(asked.budget)
    chosen = parse_method(asked.benchmark)
    name, params = next(iter(chosen.items())) if isinstance(chosen, dict) else (chosen, {})
    several = [f"pass@{k}" for k in asked.settings["k"] if k > 1] + ["truncated", "unparsed"]
    if len(asked.decodings) > 1:
        several += _votes(asked.settings["n"])
    told = [*asked.metrics, *several] if len(arms) > 1 else asked.metrics
    scores: dict[str, Any] = {"use": "evaluation/accuracy", "from": "problems", "of": arms}
    scores |= {"verifier": parse_method(asked.verifier), **asked.settings}
    scores["metrics"] = [parse_method(each) for each in dict.fromkeys(told)]
    raw = {
        "title": f"{' and '.join(arms)} on {name}",
        "models": known,
        "stages": {"problems": {"use": f"problems/{name}", **params}, "scores": scores},
    }
    cut = f"-first{asked.limit}" if asked.limit is not None else ""
    folder = out or Path("runs") / f"eval-{name}-{'-'.join(arms)[:100]}{cut}"
    plan = planning.make(recipes.build(f"eval-{name}", Path("."), raw), folder, asked.limit)
    measures = ["pass@1", *(f"pass@{k}" for k in asked.settings["k"]), *asked.metrics]
    execute(plan, 1, lambda: _compared(plan, pairs, measures, spending), cap)


def _compared(
    plan: planning.Plan,
    pairs: Sequence[tuple[str, str]],
    measures: Sequence[str],
    spending: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    """The differences, printed and for programs; nothing of one model alone. ``spending`` are strategies and
    their models, which are compared at the same tokens too."""
    from limbeck.evaluation import scoring
    from limbeck.evaluation.comparison import as_dicts, holm
    from limbeck.evaluation.matched import against_votes

    if not pairs:
        return {}
    steps = [step for step in plan.steps.values() if step.kind == "results"]
    arms = {str(step.of): store.read_results(step.folder).data for step in steps}
    of = [metrics.read(parse_method(each)) for each in dict.fromkeys(measures)]
    compared, notes = scoring.contrasts(arms, pairs, of)
    matched = [each for two in spending for each in against_votes(arms[two[0]], arms[two[1]], two)]
    compared = holm([*compared, *matched])
    comparing.show(compared)
    notes += filter(None, [comparing.precisions(step.manifest() or {"notes": []} for step in steps)])
    for note in notes:
        warn(f"  {note}")
    return {"comparisons": as_dicts(compared), "notes": notes}


def called(text: str) -> str:
    """What a model is called: as an endpoint or the stage that made it calls it, or its path ends."""
    model = models.spelled(text)
    if model["use"] == "models/openai":
        return str(model["model"].rpartition("/")[2])
    return naming.of_path(model["path"])


def as_recipe(text: str) -> dict[str, Any]:
    """A model as recipes write it.

    Raises:
        LimbeckError: an endpoint without the name of a model.
    """
    model = models.spelled(text)
    return {**model, "path": _weights(model["path"])} if "path" in model else model


def _weights(path: str) -> str:
    """Where a stage's folder keeps its student, where one is given; else the path itself."""
    inner = Path(path) / "model"
    holds = (inner / "config.json").is_file() or (inner / "adapter_config.json").is_file()
    return str(inner) if holds and not (Path(path) / "config.json").is_file() else path


def _strategies(given: Sequence[str], model: str, form: str) -> dict[str, dict[str, Any]]:
    """Strategies around a model by what they are called, which is empty for none. They read answers as the
    evaluation does unless told otherwise.

    Raises:
        LimbeckError: the same one twice, an unknown one, or settings that it does not have.
    """
    parts = [naming.split_name(text) for text in given or [PLAIN]]
    made: dict[str, dict[str, Any]] = {}
    for label, (_, text) in zip(naming.names(parts, _method), parts, strict=True):
        if text == PLAIN:
            made[""] = {}
            continue
        method, settings = bind("decoding", parse_method(text), "--decoding")
        form_too = {"format": form} if "format" in method.params else {}
        made[label] = {"use": method.key, "model": model, **form_too, **settings}
    return made


def _method(text: str) -> str:
    """The name of a strategy's method, without its shelf and settings."""
    return text.partition(":")[0].rpartition("/")[2]


def _votes(n: int) -> list[str]:
    """Majorities of 2, 4, … of ``n`` samples: what more tokens are worth without a strategy."""
    return [f"maj@{2**power}" for power in range(1, n.bit_length()) if 2**power <= n]
