"""Whether a router is one for the models it is to go between, as far as a plan can know."""

from __future__ import annotations

from collections.abc import Mapping

from limbeck.errors import LimbeckError
from limbeck.pipeline.models import ModelSpec
from limbeck.pipeline.step import Step

MAKER = "teachers/token_router"
SIDES = {"model": "student", "large": "large"}
"""What `decoding/routed` calls its two models, and what the stage that makes a router calls them."""


def check(step: Step, steps: Mapping[str, Step], where: str) -> None:
    """Refuse a router that was taught on other models. One that is given as a folder, or models that are more
    than weights, are looked at when they are first asked.

    Raises:
        LimbeckError: naming the stage and both models.
    """
    for spec in step.all_models():
        router = spec.inner.get("router")
        maker = steps.get(router.step or "") if router else None
        if router is None or maker is None or maker.method.key != MAKER:
            continue
        for here, there in SIDES.items():
            ours, taught = spec.inner[here], maker.models[there]
            if None not in (_weights(ours), _weights(taught)) and _weights(ours) != _weights(taught):
                raise LimbeckError(
                    f"{where}: {spec.use}: router {router.name!r} was taught with {there} {taught.name!r}, "
                    f"and here {here} is {ours.name!r}; a router serves the models it was taught on"
                )


def _weights(spec: ModelSpec) -> str | None:
    """The stage or the path that a model's weights come from."""
    return spec.step or spec.params.get("path") or None
