"""One data set, and others for the problems it has nothing for."""

from __future__ import annotations

from limbeck.curation.select._joined import joined
from limbeck.pipeline.context import Context
from limbeck.records import Data


def fill_gaps(*data: Data, mark: str = "not_needed", ctx: Context) -> Data:
    """Leave each problem the kept traces of the first data set that has any; mark later ones ``not_needed``.

    The augmented set of concise self-training (arXiv 2502.20122): what a model writes behind short examples,
    and for questions that it solves only without them what it writes without, so that hard ones stay.

    Args:
        data: in order of preference. A trace is kept where neither it nor its problem bears a mark in its own
            set; different traces with one id both stay.
    """
    whole = joined(data)
    server: dict[str, int] = {}
    chosen: set[str] = set()
    for number, kept in enumerate(whole.kept):
        for trace in kept:
            if server.setdefault(trace.problem_id, number) == number:
                chosen.add(trace.id)
    counts = [sum(served == number for served in server.values()) for number in range(len(data))]
    ctx.log(f"problems served, set by set: {', '.join(f'{count:,}' for count in counts)}")
    return whole.chosen(chosen, mark)
