"""Shortcuts of latent steps: through layers by light adapters, and from one step to the next at the same
layer.

System-1.5 Reasoning (arXiv 2505.18962): routers open them where a step is trivial.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from limbeck.errors import LimbeckError
from limbeck.networks.latent_steps import LatentSteps, beside, normed
from limbeck.networks.silent import Silent

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Network, Policy

CRITICAL = "critical/"
"""Names of the numbers that say of each latent step, from 0, whether it is critical: 1 or 0."""

SHUT = -3.0
"""What routers begin with, a share of 0.05: a network of many layers is to begin nearly as it was."""


class Shortcuts(LatentSteps):
    """Latent steps that may leave out layers.

    At each layer a step's state may take a light adapter ``g`` in place of the layer ``f`` (depth), and,
    before it, be replaced by the state of the step before at the same layer (step). Routers, which see the
    state that would leave and the state of the step before, say how much: in training ``w g(h) + (1 - w)
    f(h)`` and ``v h' + (1 - v) h``; else all or nothing, above ``threshold``. Keys and values of a step
    are there at every layer: what comes later looks at it as ever.

    Args:
        reproduce: weight of the mean squared distance of the steps' states from those of the path without
            shortcuts, behind the last layer, each normed, summed over steps.
        route: weight of the routers' cross-entropy, a mean over layers summed over steps: shut in critical
            steps, open in others.
    """

    kind = "shortcuts"

    def __init__(self, *, reproduce: float, route: float, threshold: float, **settings: Any) -> None:
        super().__init__(**settings)
        self.settings |= {"reproduce": reproduce, "route": route, "threshold": threshold}
        self.reproduce, self.route, self.threshold = reproduce, route, threshold
        layers, width = settings["reader"]["num_hidden_layers"], settings["reader"]["hidden_size"]
        small = partial(_small, width, max(1, width // 4))
        self.adapters = nn.ModuleList([small(width, 0.0) for _ in range(layers)])
        self.depth = nn.ModuleList([small(1, SHUT) for _ in range(layers)])
        self.step = nn.ModuleList([small(1, SHUT) for _ in range(layers)])
        self.open = True
        self.depths: list[Tensor] = []
        self.steps: list[Tensor] = []

    def before(self, index: int, layer: Any, given: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Hand states from step to step where the routers say so."""
        if self.at_BK is None or not self.open or self.reached < 2:
            return None
        hidden_BTD, at_BK = given[0], self.at_BK[:, : self.reached]
        states = list(hidden_BTD[self.row_B1, at_BK].unbind(1))
        shares = []
        for step in range(1, self.reached):
            logit_B = self.step[index](states[step - 1])[:, 0]
            share_B1 = self._share(logit_B)[:, None].to(hidden_BTD.dtype)
            states[step] = share_B1 * states[step - 1] + (1 - share_B1) * states[step]
            shares.append(logit_B)
        if not self.inside:
            self.steps.append(torch.stack(shares, 1))
        return (hidden_BTD.index_put((self.row_B1, at_BK), torch.stack(states, 1)), *given[1:])

    def after(self, index: int, layer: Any, given: tuple[Any, ...], output: Tensor) -> Tensor | None:
        """Take adapters in place of a layer where the routers say so."""
        if self.at_BK is not None and self.open and self.reached:
            at_BK = self.at_BK[:, : self.reached]
            place = self.row_B1, at_BK
            state_BKD = given[0][place]
            logit_BK = self.depth[index](state_BKD)[..., 0]
            light_BKD = state_BKD + self.adapters[index](state_BKD)
            share_BK1 = self._share(logit_BK)[..., None]
            mixed_BKD = share_BK1 * light_BKD + (1 - share_BK1) * output[place]
            output = output.index_put(place, mixed_BKD.to(output.dtype))
            if not self.inside:
                self.depths.append(logit_BK)
        super().after(index, layer, given, output)
        return output

    def begin(self, body: Any, given: Any, asked: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
        if not self.inside:
            self.depths, self.steps = [], []
        return super().begin(body, given, asked)

    def _share(self, logit: Tensor) -> Tensor:
        share = logit.sigmoid()
        return share if self.training else (share > self.threshold).to(share.dtype)

    def layers_run(self) -> Tensor:
        """A step runs from the last layer at which it was handed a state on, through the layers not
        replaced."""
        depth_BKL = torch.stack(self.depths, -1).sigmoid() > self.threshold
        ran_BKL = ~depth_BKL
        if self.steps:
            handed_BKL = functional.pad(torch.stack(self.steps, -1).sigmoid() > self.threshold, (0, 0, 1, 0))
            # True from the last layer that is true on: none is true above it.
            above_BKL = handed_BKL.flip(-1).cumsum(-1).flip(-1) - handed_BKL.int() > 0
            ran_BKL &= ~above_BKL
        return ran_BKL.sum(-1).float()

    def policy(self, module: Any, plain: Network, batch: Batch) -> Policy:
        """As `LatentSteps.policy`, with the loss of shortcut learning beside the answer's first token.

        Raises:
            LimbeckError: the traces do not say which steps are critical.
        """
        from limbeck.networks.policy import plainly

        silent = Silent.of(batch)
        self.open = False
        try:
            with torch.no_grad():
                plainly(plain, plain, silent.batch)
                goal_BKD = normed(self.states[-1])
        finally:
            self.open = True
        policy = self.thoughtful(plainly(module, plain, silent.batch))
        apart_BK = (normed(self.states[-1]) - goal_BKD).square().mean(-1)
        trivial_BK = 1 - self._critical(batch)
        routed_B = _crossed(self.depths, trivial_BK)
        if self.steps:
            routed_B = routed_B + _crossed(self.steps, trivial_BK[:, 1:])
        return beside(policy, self.reproduce * apart_BK.sum(1) + self.route * routed_B)

    def _critical(self, batch: Batch) -> Tensor:
        names = [f"{CRITICAL}{step}" for step in range(self.places)]
        if lost := [name for name in names if name not in batch.values]:
            raise LimbeckError(
                f"{self.kind}: traces have no number {lost[0]!r}; curation/critical_steps says of each of "
                f"{self.places} steps whether it is critical"
            )
        return torch.stack([batch.values[name] for name in names], 1)


def _small(width: int, inner: int, outputs: int, begins: float) -> nn.Sequential:
    """A light network that at first gives ``begins`` whatever it sees."""
    last = nn.Linear(inner, outputs)
    nn.init.zeros_(last.weight)
    nn.init.constant_(last.bias, begins)
    return nn.Sequential(nn.Linear(width, inner), nn.ReLU(), last)


def _crossed(logits: list[Tensor], open_BK: Tensor) -> Tensor:
    """Cross-entropy of routers that should be open or shut, ``[B]``."""
    logit_BKL = torch.stack(logits, -1)
    wanted_BKL = open_BK[..., None].expand_as(logit_BKL)
    loss_BKL = functional.binary_cross_entropy_with_logits(logit_BKL, wanted_BKL, reduction="none")
    return loss_BKL.mean(-1).sum(1)
