"""What a method returned, into its step's folder."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.generation import Model
from limbeck.pipeline import partial, store
from limbeck.pipeline.step import Step
from limbeck.records import Data, Results
from limbeck.types import Shards


def write(step: Step, output: Any, shards: Shards | None, models: Sequence[Model]) -> None:
    """What `call` returned, into the step's folder.

    Args:
        models: those that were opened for it.

    Raises:
        LimbeckError: a method that writes a folder itself wrote none.
    """
    if shards is not None:
        _write_shards(step.folder, output, shards, models)
    elif isinstance(output, Results):
        store.write_results(step.folder, output)
    elif step.makes.flows:
        store.write_data(step.folder, output)
    elif not (step.folder / step.makes.folder).is_dir():
        raise LimbeckError(
            f"it wrote no folder {step.makes.folder!r}: {step.makes.called} belongs into "
            f"ctx.dir / {step.makes.folder!r}"
        )


def _write_shards(
    folder: Path, function: Callable[[Data], Data], shards: Shards, models: Sequence[Model]
) -> None:
    partial.forget_shards(folder)
    for index, shard in zip(itertools.count(), shards, strict=False):
        if not store.has_shard(folder, index):
            before = partial.missing(models)
            data = function(shard)
            if partial.missing(models) > before:
                partial.mark_shard(folder, index)
            store.write_shard(folder, index, data)
