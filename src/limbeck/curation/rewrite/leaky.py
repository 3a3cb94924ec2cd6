"""Traces with steps left out: what a bridge is to mend, where the whole is known."""

from __future__ import annotations

import random
from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.records import Data, Trace
from limbeck.texts.leaps import body_of, drawn, steps_in
from limbeck.texts.steps import Cutting, ends
from limbeck.types import Share

SUFFIX, WHOLE = "/leaky", "whole"


def leaky(
    data: Data, *, share: Share = 0.3, cutting: Cutting = Cutting(by="paragraphs"), seed: int = 0
) -> Data:
    """Leave a share of the steps out of each kept trace, never two in a row, never one of the last two.

    For experiments such as CoT-Bridge's (arXiv 2505.14684): what thought leaps cost a student.

    Returns:
        The data with ``ID/leaky`` for each kept trace that lost a step, whose source is marked ``whole``; it
        has no verdict. ``params["dropped"]`` are the steps that are missing, by number from 0.

    Raises:
        LimbeckError: a separator that is no regular expression.
    """
    taken = {trace.id for trace in data.traces}
    made: dict[str, Trace] = {}
    for trace in data.kept():
        steps = steps_in(body_of(trace), cutting)
        dropped = drawn(len(steps), round(share * len(steps)), random.Random(f"{seed}/{trace.id}"))
        if dropped and trace.id + SUFFIX not in taken:
            left = "".join(text for step, text in enumerate(steps) if step not in dropped)
            made[trace.id] = _with_body(trace, left, dropped)
    traces = [marked(trace, WHOLE) if trace.id in made else trace for trace in data.traces]
    return Data(data.problems, [*traces, *made.values()], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    ends("", Cutting.of(given))


def _with_body(trace: Trace, body: str, dropped: list[int]) -> Trace:
    part = {"reasoning": body} if trace.reasoning else {"answer": body}
    params = {**trace.params, "dropped": dropped}
    fresh = replace(
        trace, id=trace.id + SUFFIX, params=params, tokens=None, verdicts=[], scores={}, weights=[]
    )
    return replace(fresh, parents=[trace.id], **part)
