"""How much a network's next-token log-probabilities change as its weights move along a direction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from limbeck.errors import LimbeckError, nearest
from limbeck.networks.twins import twin

FILE = "gradient.safetensors"


def direction(network: Any, folder: str) -> dict[str, Tensor]:
    """The direction kept in a folder, by the names of the network's weights.

    Raises:
        LimbeckError: there is none, or it is of another network.
    """
    from safetensors.torch import load_file

    path = Path(folder) / FILE
    if not path.is_file():
        raise LimbeckError(f"{folder} holds no {FILE}; name a stage of teachers/loss_gradient")
    kept, weights = load_file(path), dict(network.named_parameters())
    for name, weight in weights.items():
        other = kept.get(name)
        if other is None or other.shape != weight.shape:
            lacks = f"nothing{nearest(name, kept)}" if other is None else f"one of shape {tuple(other.shape)}"
            wanted = f"{name} of shape {tuple(weight.shape)}"
            raise LimbeckError(f"the gradient in {folder} is of another network: for {wanted} it has {lacks}")
    return {name: kept[name].to(weight) for name, weight in weights.items()}


@torch.no_grad()
def moved(network: Any, along: dict[str, Tensor], by: float) -> Any:
    """A copy of the network whose weights went ``by`` times along the direction."""
    other = twin(network, shared=False)
    for name, weight in other.named_parameters():
        weight.add_(along[name], alpha=by)
    return other


def rate(network: Any, along: dict[str, Tensor], prefixes: list[list[int]]) -> Tensor:
    """``d/dt log p(· | prefix; θ + t g)`` at ``t = 0`` for every token, ``[prefixes, V]``.

    Exact, by forward-mode differentiation, which needs no pass for each token: the derivative of all
    log-probabilities along one direction is one Jacobian-vector product. Every prefix is read anew.

    Args:
        network: one that attends in the plain way ("eager"), for the fused kernels have no such derivative.
    """
    rates = []
    # A sampler's inference mode records nothing to differentiate.
    with torch.inference_mode(False):
        tangents = {name: along[name].clone() for name, _ in network.named_parameters()}
        weights = {name: weight.detach().clone() for name, weight in network.named_parameters()}
        for prefix in prefixes:
            ids_1T = torch.tensor([prefix], device=network.device)

            def logp(given: dict[str, Tensor], ids_1T: Tensor = ids_1T) -> Tensor:
                asked = {"input_ids": ids_1T, "use_cache": False, "logits_to_keep": 1}
                output = torch.func.functional_call(network, given, kwargs=asked, tie_weights=True)
                last_V: Tensor = output.logits[0, -1].float().log_softmax(-1)
                return last_V

            rates.append(torch.func.jvp(logp, (weights,), (tangents,))[1])
    return torch.stack(rates)
