"""Linear layers of two branches, one right and one wrong, mixed by what comes in; and how they are kept in a
folder.

A folder with such layers holds a plain model, which is the right branch before training, and beside it
`FILE`: the wrong branch, the low-rank update of the right one and what mixes them. Whoever opens it through
`restored` gets all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from limbeck.errors import LimbeckError, nearest

FILE = "branches.safetensors"
_BASE = "base.weight", "base.bias"


class Branches(nn.Module):
    """``(1 - α) h⁺ + α h⁻`` with ``h⁺ = W x + (s/r) U D x`` and ``h⁻ = W⁻ x``; ``α`` in ``[-β, β]`` is told
    by ``x``.

    ``α = β (2 softmax(q·k⁺, q·k⁻)⁻ - 1)``, where the query ``q`` comes from ``x`` and the keys from both
    results. ``U`` and the query are zero at first, so the layer begins as ``W``. Only ``U``, ``D``, query and
    key are trained.

    Args:
        base: W, which is frozen. negative: W⁻ and its bias, which no optimizer sees.
    """

    def __init__(
        self, base: nn.Linear, negative: Tensor, bias: Tensor | None, r: int, scale: float, beta: float
    ) -> None:
        super().__init__()
        self.base, self.scale, self.beta = base.requires_grad_(False), scale, beta
        self.negative: Tensor
        self.negative_bias: Tensor | None
        # Copies: a layer that is read from a folder begins with its own weight in this place.
        self.register_buffer("negative", negative.clone())
        self.register_buffer("negative_bias", None if bias is None else bias.clone())
        like: dict[str, Any] = {"bias": False, "dtype": base.weight.dtype, "device": base.weight.device}
        self.down, self.up = nn.Linear(base.in_features, r, **like), nn.Linear(r, base.out_features, **like)
        self.query, self.key = nn.Linear(base.in_features, r, **like), nn.Linear(base.out_features, r, **like)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.query.weight)

    def forward(self, x: Tensor) -> Tensor:
        right = self.base(x) + self.scale * self.up(self.down(x))
        wrong = functional.linear(x, self.negative, self.negative_bias)
        lean = (self.query(x) * (self.key(wrong) - self.key(right))).sum(
            -1, keepdim=True
        ) / self.down.out_features**0.5
        alpha = self.beta * (2 * lean.sigmoid() - 1)
        mixed: Tensor = (1 - alpha) * right + alpha * wrong
        return mixed


def grow(model: Any, negative: Any, names: Iterable[str], r: int, alpha: float, beta: float) -> Any:
    """``model`` with its layers of these names made `Branches` whose wrong branch is from ``negative``;
    frozen else.

    Raises:
        LimbeckError: no such layer, or the two models differ in shape.
    """
    wanted = set(names)
    theirs = dict(negative.named_modules())
    layers = {name: layer for name, layer in model.named_modules() if name.rpartition(".")[2] in wanted}
    if lacking := wanted - {name.rpartition(".")[2] for name in layers}:
        linear = [name for name, layer in model.named_modules() if isinstance(layer, nn.Linear)]
        known = {name.rpartition(".")[2] for name in linear}
        lost = sorted(lacking)[0]
        raise LimbeckError(f"the model has no linear layer named {lost!r}{nearest(lost, known)}")
    model.requires_grad_(False)
    for name, layer in layers.items():
        other = theirs.get(name)
        if not isinstance(layer, nn.Linear) or not isinstance(other, nn.Linear):
            raise LimbeckError(f"{name} is no linear layer of both models")
        ours, its = tuple(layer.weight.shape), tuple(other.weight.shape)
        if ours != its:
            raise LimbeckError(f"{name} is {ours} here, {its} in the negative")
        bias = None if other.bias is None else other.bias.detach()
        _put(model, name, Branches(layer, other.weight.detach(), bias, r, alpha / r, beta))
    model.branch_settings = {"names": sorted(wanted), "r": r, "alpha": alpha, "beta": beta}
    return model


def plain_state(model: Any) -> tuple[dict[str, Tensor] | None, dict[str, Tensor]]:
    """The weights under the names of a plain model, and those that only `Branches` have; None where there are
    none."""
    inside = [f"{name}." for name, layer in model.named_modules() if isinstance(layer, Branches)]
    if not inside:
        return None, {}
    plain, more = {}, {}
    for name, value in model.state_dict().items():
        owner = next((each for each in inside if name.startswith(each)), None)
        if owner is None:
            plain[name] = value
        elif name.removeprefix(owner) in _BASE:
            plain[owner + name.rpartition(".")[2]] = value
        else:
            more[name] = value.contiguous()
    return plain, more


def keep(model: Any, more: dict[str, Tensor], folder: Path) -> None:
    """Write what `plain_state` found beside a plain model."""
    from safetensors.torch import save_file

    save_file(more, folder / FILE, metadata={"settings": json.dumps(model.branch_settings)})


def restored(model: Any, folder: str) -> Any:
    """The model as it was kept: with its branches, where the folder has some."""
    path = Path(folder) / FILE
    if not path.is_file():
        return model
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        settings = json.loads(file.metadata()["settings"])
        more = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 not a mapping
    model = grow(model, model, **settings)
    model.load_state_dict(more, strict=False)
    return model


def _put(model: Any, name: str, layer: nn.Module) -> None:
    owner, _, last = name.rpartition(".")
    setattr(model.get_submodule(owner), last, layer)
