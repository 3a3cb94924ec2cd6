"""Trained parts that methods ask for, made for a model: a gradient, a direction."""

from __future__ import annotations

from pathlib import Path

import small_world
from flat import flat

from limbeck.pipeline.context import Context
from limbeck.pipeline.signature import Method
from limbeck.pipeline.store import MemoryShards


def parts_of(entry: Method, folder: Path, model: str) -> dict[str, str]:
    """The trained parts that a method asks for, made for a model."""
    made = {}
    if "gradient" in entry.params:
        context = Context(folder / "gradient")
        shards = MemoryShards([small_world.world(4)])
        made["gradient"] = flat("teachers/loss_gradient")(shards, model=model, ctx=context)
    if "direction" in entry.params:
        import torch

        from limbeck.networks.inclined import Inclined
        from limbeck.networks.opening import configuration

        config = configuration(model)
        shape = (config.num_hidden_layers, config.hidden_size)
        ones = torch.ones(shape)
        (folder / "direction").mkdir(parents=True)
        Inclined(ones / shape[1] ** 0.5, 0 * ones, ones[:, 0], ones[:, 0], 0).save(folder / "direction")
        made["direction"] = str(folder / "direction")
    return made
