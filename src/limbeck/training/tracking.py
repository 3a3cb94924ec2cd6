"""Who may follow a training run: trackers that `accelerate` speaks to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limbeck.errors import Unavailable

if TYPE_CHECKING:
    from limbeck.pipeline.context import Context
    from limbeck.training.job import Job

_RUN = {
    "clearml": "task_name", "mlflow": "run_name", "swanlab": "experiment_name", "trackio": "name",
    "wandb": "name",
}  # fmt: skip
"""What a tracker that has projects and runs calls a run (accelerate 1.15 passes it on)."""


def names(ctx: Context) -> tuple[str, str]:
    """What a tracker calls a run: the folder of the recipe's runs, and the stage; ``limbeck`` outside of
    both."""
    stages = ctx.dir.parent
    project = stages.parent.name if stages.name == "stages" else ""
    return project or "limbeck", ctx.label or called(str(ctx.dir))


def begin(accelerator: Any, track: str, job: Job, ctx: Context) -> None:
    """Start the run of a tracker, with all settings that are plain values.

    Raises:
        Unavailable: accelerate does not take the package that is installed.
    """
    if not accelerator.log_with:
        raise Unavailable(f"track: {track} is installed, but accelerate cannot use it; see its warning")
    project, run = names(ctx)
    config = dict(settings(job))
    given: dict[str, Any] = {_RUN[track]: run} if track in _RUN else {}
    if track == "comet_ml":
        from comet_ml import ExperimentConfig

        given = {"experiment_config": ExperimentConfig(name=run)}
    elif track == "dvclive":
        given = {"dir": str(ctx.dir / "dvclive")}  # else all stages write into one folder
    elif not given:  # files in the stage's own folder; one name for both, in which a slash would be a folder
        project = re.sub(r"[^\w.@-]", "_", f"{project}.{run}")
    accelerator.init_trackers(project, config, {track: given})


def settings(job: Job) -> Iterator[tuple[str, str | int | float | bool]]:
    """A run's settings as numbers and words: names of methods and models, never paths."""
    yield "student", called(job.student)
    for struct in (job.learning, job.stepping, job.running, job.watching):
        for name in struct.__struct_fields__:
            yield from _flat(name, getattr(struct, name))
    yield from _flat("objective", job.objective)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str | int | float | bool]]:
    if isinstance(value, bool | int | float):
        yield name, value
    elif isinstance(value, str):
        yield name, called(value) if value.startswith(("/", "~", ".")) else value
    elif isinstance(value, tuple | list) and all(isinstance(each, int | float) for each in value):
        yield name, " ".join(map(str, value))
    elif hasattr(value, "params"):
        yield name, value.name
        for inner, each in value.params.items():
            yield from _flat(f"{name}.{inner}", each)
    elif value is not None:
        yield name, getattr(value, "name", type(value).__name__)


def called(path: str) -> str:
    """A model's name without the folders it lies in: a Hub id, a stage, or the last folder."""
    folder = Path(path)
    if not folder.exists():
        return path if path.count("/") <= 1 and not path.startswith((".", "/", "~")) else folder.name
    parts = folder.resolve().parts
    stage = parts[parts.index("stages") + 1 :] if "stages" in parts else ()
    return re.sub(r"-[0-9a-f]{12}$", "", stage[0]) if stage else parts[-1]
