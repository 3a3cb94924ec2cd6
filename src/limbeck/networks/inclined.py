"""Directions in hidden states along which a score of prompts grows, and how states are put on them.

Steering the CensorShip, arXiv 2504.17130, section 3.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import normalize

from limbeck.errors import LimbeckError

FILE, ABOUT = "direction.safetensors", "direction.json"


@dataclass
class Inclined:
    """A direction for each layer.

    Attributes:
        unit_LD: of length 1. offset_LD: the mean state of neutral prompts. reach_L: how far along the
            direction prompts lie that have the score: the larger of both sides' mean projections.
        correlation_L: of the projection with the score, on prompts that it was not made from.
        layer: where that is largest, counted from 0.
    """

    unit_LD: Tensor
    offset_LD: Tensor
    reach_L: Tensor
    correlation_L: Tensor
    layer: int

    def projections(self, states_LPD: Tensor, layer: int) -> Tensor:
        """Where states lie along a layer's direction, ``[P]``, 0 at the offset."""
        return (states_LPD[layer] - self.offset_LD[layer]) @ self.unit_LD[layer]

    def save(self, folder: Path) -> None:
        """Write it to a folder."""
        from safetensors.torch import save_file

        named = {"unit": self.unit_LD, "offset": self.offset_LD, "reach": self.reach_L}
        save_file({name: each.contiguous() for name, each in named.items()}, folder / FILE)
        about = {"layer": self.layer, "correlation": self.correlation_L.tolist()}
        (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")

    @classmethod
    def load(cls, folder: str) -> Inclined:
        """Read it from a folder.

        Raises:
            LimbeckError: there is none.
        """
        from safetensors.torch import load_file

        path = Path(folder)
        if not (path / FILE).is_file():
            raise LimbeckError(f"{folder} holds no {FILE}; name a stage of teachers/inclination")
        kept = load_file(path / FILE)
        about = json.loads((path / ABOUT).read_text(encoding="utf-8"))
        correlation_L = torch.tensor(about["correlation"])
        return cls(kept["unit"], kept["offset"], kept["reach"], correlation_L, about["layer"])

    def at(self, layer: int, width: int) -> tuple[Tensor, Tensor, float]:
        """Direction, offset and reach at a layer; -1 is the one it was best at.

        Raises:
            LimbeckError: no such layer, or a network of another width.
        """
        count, size = self.unit_LD.shape
        if not -1 <= layer < count:
            raise LimbeckError(
                f"layer={layer}: the direction has layers 0 to {count - 1}, or -1 for the best"
            )
        if size != width:
            raise LimbeckError(f"the direction is of a network {size} wide, not of one {width} wide")
        chosen = self.layer if layer < 0 else layer
        return self.unit_LD[chosen], self.offset_LD[chosen], float(self.reach_L[chosen])


def fitted(states_LPD: Tensor, scores_P: Tensor, held_P: Tensor, threshold: float, layers: int) -> Inclined:
    """Directions from states and scores of prompts.

    The difference of the normed mean states of prompts above ``threshold`` and below its negative, each mean
    weighted by the scores and taken from the mean of the prompts between (of all, where there are none).

    Args:
        held_P: prompts that only choose the layer.
        layers: how many of them, from the first on, may be chosen.

    Raises:
        LimbeckError: no prompt above or below, or fewer than three held out.
    """
    high_P, low_P = (scores_P > threshold) & ~held_P, (scores_P < -threshold) & ~held_P
    near_P = ~(high_P | low_P | held_P)
    if not high_P.any() or not low_P.any() or int(held_P.sum()) < 3:
        counts = f"{int(high_P.sum())} prompts above {threshold:g}, {int(low_P.sum())} below {-threshold:g}"
        raise LimbeckError(f"{counts}, {int(held_P.sum())} held out: 1, 1 and 3 are needed")
    offset_L1D = states_LPD[:, near_P if near_P.any() else ~held_P].mean(1, keepdim=True)
    centred_LPD = states_LPD - offset_L1D
    high_LD, low_LD = (_weighted(centred_LPD[:, side], scores_P[side].abs()) for side in (high_P, low_P))
    unit_LD = normalize(normalize(high_LD, dim=-1) - normalize(low_LD, dim=-1), dim=-1)
    along_LP = (centred_LPD * unit_LD[:, None]).sum(-1)
    reach_L = torch.stack([along_LP[:, side].mean(1).abs() for side in (high_P, low_P)]).amax(0)
    correlation_L = torch.stack([correlation(each_P[held_P], scores_P[held_P]) for each_P in along_LP])
    layer = int(correlation_L[:layers].argmax())
    return Inclined(unit_LD, offset_L1D[:, 0], reach_L, correlation_L, layer)


def _weighted(states_LPD: Tensor, weight_P: Tensor) -> Tensor:
    return (states_LPD * weight_P[None, :, None]).sum(1) / weight_P.sum()


def correlation(one_P: Tensor, other_P: Tensor) -> Tensor:
    """Pearson's, 0 where one of them never varies."""
    one_P, other_P = one_P.double() - one_P.double().mean(), other_P.double() - other_P.double().mean()
    size = one_P.norm() * other_P.norm()
    value: Tensor = one_P @ other_P / size if size > 0 else size
    return value.float()


def put(state_RTD: Tensor, unit_D: Tensor, offset_D: Tensor, where: float) -> Tensor:
    """``h - ((h - offset)·u) u + where u``: states whose projection is ``where``, and all else as it was."""
    unit_D, offset_D = unit_D.to(state_RTD), offset_D.to(state_RTD)
    along_RT1 = ((state_RTD - offset_D) @ unit_D)[..., None]
    return state_RTD + (where - along_RT1) * unit_D
