"""Where a wrong trace leaves the right ones: there a negative says most."""

from __future__ import annotations

import re
from typing import Literal

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.records import Data, Trace
from limbeck.texts.traces import full_text


def first_departure(
    data: Data,
    *,
    push: Literal["step", "rest"] = "step",
    separator: str = r"[;!]|\n+",
    elsewhere: float = 0.0,
) -> Data:
    """Weigh wrong traces so that training pushes against the first step that no right trace of the problem
    takes.

    What comes before it is shared with right traces and must not be pushed down; what comes after follows
    from it. (Step-wise negatives; compare Step-DPO, arXiv 2406.18629, which finds that step by a judge.)
    Wrong traces of a problem without right ones stay as they are, for nothing tells where they err.

    Args:
        push: against that ``step`` alone, or it and the ``rest``.
        separator: regular expression of what begins a step.
        elsewhere: weight of all other tokens, 1 keeps them whole.

    Returns:
        The data; wrong traces have ``weights`` and ``scores["departs"]``, the number of the step, from 0.

    Raises:
        LimbeckError: ``separator`` is no regular expression.
    """
    try:
        cut = re.compile(separator)
    except re.error as error:
        raise LimbeckError(f"separator={separator!r} is no regular expression: {error}") from None
    weighed: dict[str, Trace] = {}
    for traces in data.by_problem().values():
        right = [_steps(full_text(trace), cut) for trace in traces if trace.outcome == "correct"]
        # Every beginning of a right trace, whole steps at a time.
        written = [tuple(text for text, _ in steps) for steps in right]
        known = {texts[:depth] for texts in written for depth in range(1, len(texts) + 1)}
        for trace in traces:
            if trace.outcome != "wrong" or not right:
                continue
            steps = _steps(full_text(trace), cut)
            texts = tuple(text for text, _ in steps)
            first = next((i for i in range(len(steps)) if texts[: i + 1] not in known), len(steps) - 1)
            start, end = steps[first][1]
            whole = steps[-1][1][1]
            # The end token lies behind the text; it belongs to the last step.
            stop = whole + 1 if push == "rest" or first == len(steps) - 1 else end
            weights = [(0, whole + 1, elsewhere), (start, stop, 1.0)]
            scores = {**trace.scores, "departs": float(first)}
            weighed[trace.id] = replace(trace, weights=weights, scores=scores)
    return Data(data.problems, [weighed.get(trace.id, trace) for trace in data.traces], data.pairs)


def _steps(text: str, cut: re.Pattern[str]) -> list[tuple[str, tuple[int, int]]]:
    """Steps and where they begin and end; each begins with its separator."""
    starts = sorted({0, *(match.start() for match in cut.finditer(text))})
    spans = zip(starts, [*starts[1:], len(text)], strict=True)
    return [(text[start:end], (start, end)) for start, end in spans if end > start]
