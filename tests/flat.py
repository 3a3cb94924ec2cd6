"""A method with flat settings, as recipes give them: what it takes as structs is put together here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from limbeck.pipeline.registry import Bound, bound, method


def with_settings(key: str, **given: Any) -> Bound:
    """The method named ``room/name`` with some of its settings."""
    chosen = method(key)
    # A struct is made whole, so fields that are not given take this method's defaults, not the struct's.
    defaults = {
        name: parameter.default
        for name, parameter in chosen.params.items()
        if parameter.group and not parameter.required
    }
    return bound(chosen, defaults | given)


def flat(key: str) -> Callable[..., Any]:
    """The same to be called as if it were flat: ``sample(data, model=model, temperature=0.0, ctx=ctx)``."""

    def call(*inputs: Any, **given: Any) -> Any:
        return with_settings(key, **given)(*inputs)

    call.__name__ = method(key).name
    return call
