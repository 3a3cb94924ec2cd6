"""Scale ``smoke``, which every recipe has: the same stages, each cut to the least that goes through it."""

from __future__ import annotations

from typing import Any

from limbeck.pipeline import defaults
from limbeck.pipeline.registry import Method

NAME = "smoke"
CAPS: dict[str, dict[str, int]] = {
    "problems": {"n": 20, "k": 4},
    "decoding": {"n": 3, "h": 3, "max_tokens": 16},
    "teachers": {"n": 2, "k": 2, "max_tokens": 24},
    "verifiers": {"votes": 5},
    "verifiers/discriminator": {"max_tokens": 16},
    "verifiers/critic": {"max_tokens": 16},
    "teachers/by_difficulty": {"max_tokens": 200},
    "teachers/chunk_codes": {"steps": 2, "batch": 4},
    "curation": {"n": 10},
    "curation/mix": {"n": 5},
    "training/fit": {"steps": 2, "batch": 4, "reuse": 2},
    "rollouts": {"n": 4, "max_tokens": 16, "end_tokens": 16},
    "evaluation": {"n": 2, "k": 2, "max_tokens": 16},
}
"""The most that a parameter of a room's methods, or of one method, may be at this scale. A reply of
`teachers/by_difficulty` holds a whole rewriting; the sets that `curation/mix` draws from have few rows."""
EXAM = 8
"""The most problems of a split that is not trained on."""
UNBOUNDED = {"steps"}
"""Parameters of which 0 stands for as many as there are."""


def cut(page: dict[str, Any], but: dict[str, Any]) -> None:
    """Lower in place what exceeds a cap, whether the stage, the page's defaults or the method say it.

    ``but`` are defaults that the page gives for this very scale; they stay.
    """
    kept = defaults.by_method({"defaults": but})
    for method, settings in defaults.inside(page):
        _lower(method, settings, {}, kept.get(method.key, {}))
    given = defaults.by_method(page)
    for method, settings in defaults.named(page):
        _lower(method, settings, given.get(method.key, {}), kept.get(method.key, {}))


def _lower(method: Method, settings: dict[str, Any], given: dict[str, Any], kept: dict[str, Any]) -> None:
    limits = caps(method)
    if "n" in limits and {"split": "train", **given, **settings}["split"] != "train":
        limits["n"] = min(limits["n"], EXAM)
    for name, cap in limits.items():
        value = settings.get(name, given.get(name, method.params[name].default))
        lower = lowered(value, cap, name in UNBOUNDED)
        if name not in kept and lower != value:
            settings[name] = lower


def caps(method: Method) -> dict[str, int]:
    """The caps of the parameters that a method has; its own go before its room's."""
    known = {**CAPS.get(method.room, {}), **CAPS.get(method.key, {})}
    return {name: cap for name, cap in known.items() if name in method.params}


def lowered(value: Any, cap: int, unbounded: bool = False) -> Any:
    """A number, or every number of a list, as large as it is but no larger than ``cap``."""
    if isinstance(value, list):
        return list(dict.fromkeys(lowered(entry, cap) for entry in value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return cap if value > cap or (unbounded and value == 0) else value
