"""Whether a model's layers hold what a cache policy looks after, as far as a plan can know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.pipeline.models import ModelSpec
from limbeck.pipeline.registry import method
from limbeck.pipeline.step import Step

NEW = "students/from_config"


def check(step: Step, steps: Mapping[str, Step], where: str) -> None:
    """Refuse a policy around a model whose layers hold something else than keys and values.

    A student has the architecture of the model it was trained from. What lies on the Hub is looked at when it
    is first asked.

    Raises:
        LimbeckError: naming the model and its kind.
    """
    for spec in step.all_models():
        inner = spec.inner.get("model")
        if inner is None or "cache" not in method(spec.use).wants:
            continue
        try:
            config = _config(inner, steps)
            if config is None:
                continue
            from limbeck.networks.caching import check_config

            check_config(config, f"{spec.use}: model {inner.name!r}")
        except ModuleNotFoundError:
            return  # what is not installed is named when the stage runs
        except LimbeckError as error:
            raise LimbeckError(f"{where}: {error}") from error


def _config(spec: ModelSpec, steps: Mapping[str, Step]) -> Any:
    """The configuration of a model's weights, where its folder is there or a new student's kind is known."""
    from transformers import AutoConfig

    while "model" in spec.inner:
        spec = spec.inner["model"]
    folder = Path(spec.params.get("path") or "")
    while spec.step:
        step = steps.get(spec.step)
        if step is None:
            return None
        folder = step.folder / spec.wants.folder
        if step.manifest():
            break
        if step.method.key == NEW:
            return AutoConfig.for_model(step.params["arch"])
        if "student" not in step.models:
            return None
        spec = step.models["student"]
        folder = Path(spec.params.get("path") or "")
    if not (folder / "config.json").is_file():
        return None
    return AutoConfig.from_pretrained(folder, local_files_only=True)
