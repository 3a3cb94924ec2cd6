"""A latent student that spends few layers on steps that are trivial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import LimbeckError
from limbeck.types import PositiveShare, Weight

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def shortcuts(
    model: PreTrainedModel, *, reproduce: Weight = 1.0, route: Weight = 1.0, threshold: PositiveShare = 0.5
) -> PreTrainedModel:
    """Train routers and light adapters, beside a frozen student of `students/latent_steps`, to leave out
    layers.

    System-1.5 Reasoning, stage 2 (arXiv 2505.18962, section 3.3). Depth: at each layer a step takes an
    adapter in place of the layer. Step: a step takes over the state of the step before at the same layer,
    and what lies below is not run. `objectives/sft` learns answers, the states of the path without
    shortcuts (``reproduce``), and which steps are trivial (``route``), of which traces tell
    (`curation/critical_steps`). The paper gives no weights.

    Args:
        model: of `students/latent_steps`, trained.
        threshold: a router's share above which, outside of training, a shortcut is taken.

    Raises:
        LimbeckError: a student of another kind.
    """
    from limbeck.networks.latent_steps import LatentSteps
    from limbeck.networks.shortcuts import Shortcuts
    from limbeck.networks.ways import bare, grow, way_of

    way = way_of(model)
    if not isinstance(way, LatentSteps) or isinstance(way, Shortcuts):
        kind = "a plain network" if way is None else f"of the kind {way.kind!r}"
        raise LimbeckError(f"students/shortcuts: the student is {kind}; see students/latent_steps")
    made = Shortcuts(reproduce=reproduce, route=route, threshold=threshold, **{**way.settings, "weight": 0.0})
    made.reader.load_state_dict(way.reader.state_dict())
    plain = bare(model).requires_grad_(False)
    grown: PreTrainedModel = grow(plain, made.to(model.dtype))
    return grown
