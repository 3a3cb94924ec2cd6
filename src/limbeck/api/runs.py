"""Whole recipes, and whether one evaluation is better than another."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limbeck import budget as budgets
from limbeck.evaluation import comparison
from limbeck.evaluation.comparison import Comparison
from limbeck.evaluation.samples import measured
from limbeck.pipeline import artefacts, metrics, place, runner, store
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline.place import LOCAL
from limbeck.records import Result, Results


@dataclass(frozen=True)
class Run:
    """A recipe that has run.

    Attributes:
        folder: of the run; ``limbeck report`` draws its page.
        stages: the folder of each step, by name: `limbeck.load` reads one with data; of one that trained
            ``folder / "model"`` is the student.
        results: of each step that evaluates, by name; its ``repr`` shows the first number of each.
    """

    folder: Path
    stages: dict[str, Path]
    results: dict[str, Results]

    def __repr__(self) -> str:
        return "\n".join([f"Run: {len(self.stages)} stages in {self.folder}", repr(self._headline())])

    def _repr_html_(self) -> str:
        return self._headline()._repr_html_()

    def _headline(self) -> Results:
        """The first number of every evaluation, for each model, benchmark and temperature."""
        first: dict[tuple[Any, ...], Result] = {}
        for name, outcome in self.results.items():
            for row in outcome.results:
                first.setdefault((name, row.model, row.benchmark, row.setting.get("temperature")), row)
        return Results(list(first.values()))


def run(
    recipe: str | Path,
    *,
    scale: str = recipes.DEFAULT_SCALE,
    settings: Mapping[str, Any] | None = None,
    seed: int | None = None,
    limit: int | None = None,
    out: str | Path | None = None,
    jobs: int = 1,
    budget: Mapping[str, float] | None = None,
    on: str = "local",
    shard_seconds: float = LOCAL.seconds,
) -> Run:
    """Run a recipe; what is made already, and not changed by the settings, is not made again.

    Args:
        recipe: a name that ``limbeck list recipes`` shows, or the path of a YAML file.
        settings: by stage and parameter: ``{"sft.lr": 1e-3}``.
        limit: the first so many problems of each stage that brings some.
        out: the folder of the run; by default the command line's, ``runs/RECIPE-SCALE``.
        jobs: stages side by side, in processes of their own, 0 for as many as there are cores. Above 1 a
            script needs ``if __name__ == "__main__":`` around the call.
        budget: most that endpoints may cost, all starts of this run together: ``{"usd": 5, "tokens": 2e6}``.
        on: where the shards of verifiers and curation are made: ``"local"``; ``"ray"``, the Ray that this
            process is connected to or else one of this machine's cores for the run; ``"ray:HOST:PORT"``.
        shard_seconds: longest that a shard may take on Ray before it counts as failed.

    Raises:
        LimbeckError: what a plan can know is wrong, all of it at once, a stage that failed, or no cluster.
    """
    where = place.parse(on, shard_seconds)
    page = recipes.load(str(recipe), scale=scale, settings=dict(settings or {}), seed=seed)
    plan = planning.make(page, Path(out) if out else planning.usual_folder(page, limit), limit)
    quiet = not logging.getLogger("limbeck").isEnabledFor(logging.WARNING)
    cap = budgets.UNLIMITED if budget is None else budgets.read(budget, "budget")
    runner.run(plan, jobs, quiet=quiet, cap=cap, place=where)
    folders = {name: step.folder for name, step in plan.steps.items()}
    results = {}
    for name, step in plan.steps.items():
        if step.makes == artefacts.RESULTS:
            outcome = store.read_results(step.folder)
            results[name] = Results(measured(outcome, map(metrics.read, step.metrics)), outcome.data)
    return Run(plan.out, folders, results)


def compare(
    before: Results | Sequence[Results],
    after: Results | Sequence[Results],
    *,
    names: tuple[str, str] | None = None,
    **how: Any,
) -> Comparison:
    """Whether ``after`` is better than ``before``: the difference, paired by problem, with its 95% interval.

    Args:
        before, after: evaluations on the same problems; of several training seeds a list each, in the same
            order. One seed's interval says nothing of other seeds.
        names: of the two, ``(before, after)``; by default their models'.
        how: ``metric`` (``"pass@1"``), ``fewer`` (less is better), ``benchmark``, ``temperature``, ``by``;
            see `limbeck.evaluation.comparison.compare`.

    Raises:
        LimbeckError: other problems on one side, or samples of several benchmarks or temperatures.
    """
    first, second = (_several(before), _several(after))
    called = names or (_model(first), _model(second))
    if names is None and called[0] == called[1]:
        called = ("before", "after")
    sides = [each.data for each in second], [each.data for each in first]
    return comparison.compare(*sides, names=(called[1], called[0]), **how)


def _several(results: Results | Sequence[Results]) -> Sequence[Results]:
    return [results] if isinstance(results, Results) else results


def _model(results: Sequence[Results]) -> str:
    return next((row.model for each in results for row in each.results), "")
