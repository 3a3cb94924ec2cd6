"""Problems that are held out of training, and the loss on them: when training has stopped paying."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from limbeck.errors import LimbeckError
from limbeck.networks.batch import Item, Items
from limbeck.pipeline.context import Context
from limbeck.training.settings import Watching
from limbeck.training.state import trainable


@dataclass
class Holdout:
    """What is held out, and the evaluations so far.

    Attributes:
        every: steps between evaluations, 0 for ten in a run.
        patience: evaluations without a lower loss after which training stops, 0 for never.
        best: the lowest loss, of step ``best_step``; ``waited`` evaluations came after it.
        weights: of that step, kept where there is a patience.
    """

    items: list[Item]
    every: int
    patience: int
    best: float = math.inf
    best_step: int = 0
    waited: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def of(cls, items: Items, watching: Watching, seed: int, ctx: Context) -> Holdout:
        """Take a share of the problems, with all that belongs to them, out of ``items``.

        Raises:
            LimbeckError: nothing would be left to train on.
        """

        def draw(problem: str) -> str:
            return hashlib.blake2b(f"{seed}/{problem}".encode()).hexdigest()

        problems = sorted({row.problem for item in items.items for row in item.rows}, key=draw)
        count = max(1, round(watching.holdout * len(problems)))
        if count == len(problems):
            raise LimbeckError(
                f"training/fit: holdout: {watching.holdout} holds out {count:,} of {len(problems):,} "
                "problems, and none is left to train on"
            )
        held = {*problems[:count]}
        kept: list[Item] = []
        out: list[Item] = []
        for item in items.items:
            (out if item.rows[0].problem in held else kept).append(item)
        items.items = kept
        ctx.log(f"{len(out):,} items of {count:,} problems are held out, {len(kept):,} are trained on")
        return cls(out, watching.evaluate_every, watching.patience)

    def due(self, done: int, steps: int) -> bool:
        """Whether to evaluate after ``done`` of ``steps`` steps."""
        return done % (self.every or max(1, steps // 10)) == 0 or done == steps

    def stops(self, step: int, loss: float, module: nn.Module) -> bool:
        """Take note of an evaluation; whether training should end with it."""
        if loss < self.best:
            self.best, self.best_step, self.waited = loss, step, 0
            if self.patience:
                # Copies: an optimizer changes its parameters in place.
                weights = trainable(module).items()
                self.weights = {name: value.detach().cpu().clone() for name, value in weights}
        else:
            self.waited += 1
        return 0 < self.patience <= self.waited

    def to_best(self, module: nn.Module, ctx: Context) -> None:
        """Put the weights of the lowest loss back, where they were kept."""
        with torch.no_grad():
            for name, parameter in trainable(module).items() if self.weights else ():
                parameter.copy_(self.weights[name])
        if self.weights:
            ctx.log(
                f"the student of step {self.best_step:,} is kept, of the lowest val_loss, {self.best:.4f}"
            )

    def state(self) -> dict[str, Any]:
        """For a state to continue from."""
        return {name: getattr(self, name) for name in ("best", "best_step", "waited", "weights")}

    def restore(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
