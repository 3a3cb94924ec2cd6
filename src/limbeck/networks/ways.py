"""Networks that read or sample in a way of their own, and how what they have beyond a plain one is kept.

A student of another shape is a plain network of `transformers` with a module added to it, ``model.added``,
which is a `Way`: it may change what goes through the network (by hooks on its layers), how the loop reads a
batch with it (`Way.policy`) and how it writes (`Way.sample`). Its folder holds the plain network and, beside
it, `FILE`: the name of the kind, its settings and its weights. Whoever opens the folder through `restored`
gets all.

A new kind is a class in a library module and a line in `KINDS`.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from limbeck.errors import LimbeckError, unknown

if TYPE_CHECKING:
    from limbeck.generation import Sampling
    from limbeck.models._queue import Row
    from limbeck.models.sampler import Limits
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Network, Policy

FILE = "added.safetensors"
KINDS: dict[str, str] = {}
"""Kinds by name, and where the class of each is: ``module:Class``."""


class Way(nn.Module):
    """What is added to a network, as this class: nothing.

    Attributes:
        kind: its name in `KINDS`.
        settings: arguments that make it anew, plain data; see `grow`.
    """

    kind = ""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.settings = settings

    def join(self, model: Any) -> None:
        """Make what is added take part: hooks on the layers of ``model``, which are methods of this module,
        so that a copy of the model has copies of them."""

    def policy(self, module: Any, plain: Network, batch: Batch) -> Policy:
        """What the network says of a batch.

        The policy's own ``batch`` is what the objective is given: a way that leaves tokens out, or weighs
        them, gives them another weight there (`Batch.reweighted`).

        Args:
            module: ``plain``, or what `accelerate` has wrapped around it: what is called.
            plain: the network itself.
        """
        from limbeck.networks.policy import plainly

        return plainly(module, plain, batch)

    def sample(
        self, model: Any, rows: list[Row], sampling: Sampling, limits: Limits
    ) -> Iterator[list[Row]] | None:
        """Continue rows as `limbeck.models.sampler.sample` does, or None where that one does."""
        return None


def way_of(model: Any) -> Way | None:
    """What was added to a model, also through `peft`."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    added = getattr(inner, "added", None)
    return added if isinstance(added, Way) else None


def grow(model: Any, way: Way) -> Any:
    """``model`` with a way added.

    Raises:
        LimbeckError: it has one already.
    """
    if (before := way_of(model)) is not None:
        raise LimbeckError(f"the model is of the kind {before.kind!r} already and cannot be {way.kind!r} too")
    model.added = way
    way.join(model)
    return model


def plain_state(model: Any) -> tuple[dict[str, Tensor] | None, dict[str, Tensor]]:
    """The weights of the plain network, and those of what was added; None where nothing was."""
    if way_of(model) is None:
        return None, {}
    state = model.state_dict()
    more = {name: value.contiguous() for name, value in state.items() if name.startswith("added.")}
    return {name: value for name, value in state.items() if name not in more}, more


def keep(model: Any, more: dict[str, Tensor], folder: Path) -> None:
    """Write what was added beside a plain network, where anything was."""
    from safetensors.torch import save_file

    way = way_of(model)
    if way is not None:
        # Weights that two names share are written twice: what reads them again need not know of it.
        parts = {name: value.clone() for name, value in more.items()}
        save_file(parts, folder / FILE, metadata={"kind": way.kind, "settings": json.dumps(way.settings)})


def restored(model: Any, folder: str) -> Any:
    """The model as it was kept: with what was added to it, where the folder has anything.

    Raises:
        LimbeckError: its kind is none that this version knows.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        return model
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        told = file.metadata()
        more = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 not a mapping
    way = class_of(told["kind"])(**json.loads(told["settings"]))
    model = grow(model, way.to(model.dtype))
    model.load_state_dict(more, strict=False)
    return model


def class_of(kind: str) -> type[Way]:
    """The class of a kind.

    Raises:
        LimbeckError: there is none of that name.
    """
    if kind not in KINDS:
        raise unknown("kind of network", kind, KINDS)
    module, _, name = KINDS[kind].partition(":")
    made: type[Way] = getattr(importlib.import_module(module), name)
    return made
