"""What a plan can know will not work, before anything runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.pipeline import parameters as P
from limbeck.pipeline.loading import PACKAGE
from limbeck.pipeline.registry import Method, method
from limbeck.pipeline.source import stated
from limbeck.pipeline.step import Step


def precheck(chosen: Method, params: dict[str, Any], where: str) -> None:
    """Let a method, and the methods it is given, look at their parameters before anything runs: the
    ``precheck(parameters)`` of their files.

    Raises:
        LimbeckError: what one of them refuses.
    """
    for inner, settings in _inner(chosen, params):
        precheck(inner, settings, where)
    # Asked of the text, since importing every method of a plan would import all that they use.
    if "\ndef precheck(" not in chosen.path.read_text(encoding="utf-8"):
        return
    try:
        chosen.load().precheck(P.with_methods(chosen, params))
    except ModuleNotFoundError:
        return  # what is not installed is named when the stage runs; a plan can be looked at without
    except LimbeckError as error:
        raise LimbeckError(f"{where}: {error}") from error


def _inner(chosen: Method, params: dict[str, Any]) -> Iterator[tuple[Method, dict[str, Any]]]:
    for name, parameter in chosen.params.items():
        for _, inner, settings in P.given_methods(parameter, params.get(name), name):
            yield inner, settings


def pairs(step: Step, steps: Mapping[str, Step], where: str) -> None:
    """Refuse a step that learns from pairs where no stage before it can have made any.

    A made stage's manifest says how many it has. Of the others a method of the house says ``MAKES_PAIRS``
    where it may add some; one of the user's own that says nothing is given the benefit of the doubt.

    Raises:
        LimbeckError: naming the objective and what makes pairs.
    """
    needing = [inner for inner, named in _needs(step) if "pairs" in named]
    if not needing or not step.inputs or any(_may_pair(name, steps) for name in step.inputs):
        return
    raise LimbeckError(
        f"{where}: {needing[0].key} learns from pairs, and no stage before it makes any "
        f"(from: {', '.join(step.inputs)}); put {{use: curation/pairs, from: {step.inputs[0]}}} between"
    )


def needs(step: Step) -> set[str]:
    """What the objectives that a step is given ask of their training."""
    return {need for _, named in _needs(step) for need in named}


def _needs(step: Step) -> Iterator[tuple[Method, tuple[str, ...]]]:
    """The methods that a step is given, each with its needs; none of what is not installed."""
    for inner, settings in _inner(step.method, step.params):
        names = stated(inner.path) if inner.room == "objectives" else {}
        if "needs" not in names:
            yield inner, tuple(names.get("NEEDS") or ())
            continue
        try:
            yield inner, tuple(inner.load().needs(**settings))
        except ModuleNotFoundError:
            yield inner, ()  # as in `precheck`


def _may_pair(name: str, steps: Mapping[str, Step]) -> bool:
    step = steps.get(name)
    if step is None:  # it has a mistake of its own
        return True
    if manifest := step.manifest():
        return bool(manifest["counts"].get("pairs"))
    makes = stated(step.method.path).get("MAKES_PAIRS", not step.method.path.is_relative_to(PACKAGE))
    return bool(makes) or any(_may_pair(source, steps) for source in step.inputs)


def missing_keys(steps: Mapping[str, Step]) -> list[str]:
    """A line for each model elsewhere whose ``key_env`` names a variable that is not set: an endpoint of
    one's own may need none, a paid one will refuse."""
    lines = {}
    for step in steps.values():
        for spec in step.all_models():
            variable = spec.params.get("key_env")
            if variable and not os.environ.get(variable) and not _local(str(spec.params.get("url", ""))):
                lines[spec.name] = f"model {spec.name!r} ({method(spec.use).key}): ${variable} is not set"
    return list(lines.values())


def _local(url: str) -> bool:
    return any(f"//{host}" in url for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0"))
