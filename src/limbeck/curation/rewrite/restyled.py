"""Traces in another style and with the same content: pivots taken out, or put in where nothing turns."""

from __future__ import annotations

import random
import re
from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.records import Data, Trace
from limbeck.texts.leaps import steps_in
from limbeck.texts.steps import Cutting, ends
from limbeck.types import Share

SUFFIX, MARK = "/restyled", "restyled"


def restyled(
    data: Data,
    *,
    drop: str = "",
    insert: tuple[str, ...] = ("Wait. ",),
    rate: Share = 0.3,
    cutting: Cutting = Cutting(by="paragraphs"),
    seed: int = 0,
) -> Data:
    """Take pivots out of each kept trace's reasoning, then put others between its steps.

    The ablations of Style over Substance (arXiv 2504.01738).

    Args:
        drop: regular expression of what goes, such as a pivot with the step that it opens.
        insert: texts of which one is put behind a step, but for the last, each as likely.
        rate: probability of that for each step: the rate that was observed in other traces.
        cutting: what a step is.

    Returns:
        The data with a trace ``ID/restyled`` for each kept one, which is marked ``restyled``; its verdicts
        stay, for they are on the answer.

    Raises:
        LimbeckError: no regular expression, or neither of both asked for.
    """
    pattern = _checked(drop, insert)
    kept, taken = {trace.id for trace in data.kept()}, {trace.id for trace in data.traces}
    traces, made = [], []
    for trace in data.traces:
        if trace.id in kept and trace.reasoning.strip() and trace.id + SUFFIX not in taken:
            left = pattern.sub("", trace.reasoning) if pattern else trace.reasoning
            rng = random.Random(f"{seed}/{trace.id}")
            made.append(_with(trace, _inserted(steps_in(left, cutting), insert, rate, rng)))
            trace = marked(trace, MARK)
        traces.append(trace)
    return Data(data.problems, [*traces, *made], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _checked(given["drop"], given["insert"])
    ends("", Cutting.of(given))


def _checked(drop: str, insert: tuple[str, ...]) -> re.Pattern[str] | None:
    if not drop and not insert:
        raise LimbeckError("curation/restyled: neither drop nor insert says what to change")
    try:
        return re.compile(drop, re.S) if drop else None
    except re.error as error:
        raise LimbeckError(f"curation/restyled: drop={drop!r} is no regular expression: {error}") from None


def _inserted(steps: list[str], pivots: tuple[str, ...], rate: float, rng: random.Random) -> str:
    text = ""
    for number, step in enumerate(steps, 1):
        text += step
        if pivots and number < len(steps) and rng.random() < rate:
            text += rng.choice(pivots)
    return text


def _with(trace: Trace, reasoning: str) -> Trace:
    fresh = replace(trace, id=trace.id + SUFFIX, reasoning=reasoning, tokens=None, weights=[], scores={})
    return replace(fresh, parents=[trace.id])
