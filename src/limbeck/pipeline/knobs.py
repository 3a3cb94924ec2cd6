"""Settings that change no result: neither a stage's key nor a saved training state depends on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from limbeck.pipeline import parameters as P
from limbeck.pipeline.signature import Method
from limbeck.pipeline.source import stated

EVERYWHERE = {"workers", "device", "concurrency", "retries", "track", "key_env"}
"""Such settings of any method."""
OF_MODELS = {"batch_tokens", "wave", "timeout", "price_in", "price_out", "budget"}
"""Such settings of models besides. (A verifier's ``timeout`` decides verdicts and does count.)"""
REACHED_BY = {"url", "headers", "proxy", "requests_per_minute", "tokens_per_minute"}
"""Where a served model is asked and how it is reached: on another port it is the same model."""

_addressed: ContextVar[bool] = ContextVar("addressed", default=False)


@contextmanager
def addressed() -> Iterator[None]:
    """Inside, an endpoint's address is part of its model's key, as it once was."""
    token = _addressed.set(True)
    try:
        yield
    finally:
        _addressed.reset(token)


def common(chosen: Method) -> set[str]:
    """Names that change no result in any method of its kind."""
    if chosen.room != "models":
        return EVERYWHERE
    return EVERYWHERE | OF_MODELS | (REACHED_BY - {"url"} if _addressed.get() else REACHED_BY)


def idle(chosen: Method, given: dict[str, Any]) -> set[str]:
    """Those of a method's settings that change no result, but for its rounding: the common ones and its
    ``NO_RESULT``, or what its ``no_result`` says of these settings.

    Args:
        given: its settings, methods among them bound.
    """
    listed = chosen.load().no_result(given) if _depends(chosen) else chosen.no_result
    return {*common(chosen), *listed}


def _depends(chosen: Method) -> bool:
    return "no_result" in stated(chosen.path)


def keyed(chosen: Method, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that a key is made of. Its own idle ones stand at their defaults, whatever they are, so
    that a key is the one it was before they were listed."""
    try:
        names = idle(chosen, P.with_methods(chosen, settings) if _depends(chosen) else settings)
    except ModuleNotFoundError:  # as in `limbeck.pipeline.checks`: a plan can be looked at without
        names = {*common(chosen), *chosen.no_result}
    standing = {name: chosen.params[name].default for name in names & settings.keys()}
    left = chosen.keyed({**settings, **standing})
    return {name: value for name, value in left.items() if name not in common(chosen)}
