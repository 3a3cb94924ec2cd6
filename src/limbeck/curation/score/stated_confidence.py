"""How sure a text says that it is."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.texts.traces import part_of
from limbeck.types import Positive

SHAPE = r"(?i)confidence\W{0,9}(\d+(?:\.\d+)?)\s*(%|/\s*100|/\s*10)?"


def stated_confidence(
    data: Data, *, shape: str = SHAPE, top: Positive = 100.0, name: str = "confidence", ctx: Context
) -> Data:
    """Read the last confidence that a trace states, such as ``Confidence: 85%``, as a chance.

    What it is worth say the metrics ``ece``, ``brier``, ``auroc`` and ``confidence`` (arXiv 2504.06564).
    ``/10`` behind the number counts in tenths.

    Args:
        shape: regular expression; its first group is the number, a second one, if any, what follows it.
        top: the number that means certainty.
        name: the score that is written, 0 to 1.

    Returns:
        The data with ``scores[name]``. Traces that state none, or a number beyond ``top``, have no such score
        and are counted in the log.

    Raises:
        LimbeckError: a ``shape`` that is no regular expression or has no group.
    """
    pattern = _compiled(shape)
    made, silent, beyond = [], 0, 0
    for trace in data.traces:
        stated = _stated(trace, pattern, top)
        silent += stated is None
        beyond += stated is not None and stated > 1
        fits = stated is not None and stated <= 1
        made.append(replace(trace, scores={**trace.scores, name: stated}) if fits else trace)
    if silent or beyond:
        left = f"{silent:,} state no {name}, {beyond:,} one above {top:g}"
        ctx.log(f"of {len(made):,} traces {left}")
    return Data(data.problems, made, data.pairs)


@lru_cache(maxsize=16)
def _compiled(shape: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(shape)
    except re.error as error:
        raise LimbeckError(
            f"curation/stated_confidence: shape={shape!r} is no regular expression: {error}"
        ) from None
    if not pattern.groups:
        raise LimbeckError(f"curation/stated_confidence: shape={shape!r} has no group for the number")
    return pattern


def _stated(trace: Trace, pattern: re.Pattern[str], top: float) -> float | None:
    stated = list(pattern.finditer(part_of(trace, "text")))
    if not stated:
        return None
    last = stated[-1]
    unit = (last[2] or "").replace(" ", "") if pattern.groups > 1 else ""
    try:
        return float(last[1]) / (10 if unit == "/10" else top)
    except (TypeError, ValueError):
        return None
