"""How soon a reasoning notices that a premise is missing."""

from __future__ import annotations

import re

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.texts import premises
from limbeck.texts.traces import part_of

UNIT = "paragraphs"


def first_suspicion(problem: Problem, traces: list[Trace]) -> float | None:
    """Mean number of the first paragraph, from 1, in which a sample says that something is not given.

    MiP-Overthinking, arXiv 2504.06514, section 4.2, by words. Samples that never do are left out.
    """
    places = [premises.first_suspicion(paragraphs_of(trace)) for trace in traces]
    return ops.mean(None if place is None else place + 1 for place in places)


def paragraphs_of(trace: Trace) -> list[str]:
    """Thought and answer in paragraphs."""
    return re.split(r"\n\s*\n", part_of(trace, "text").strip())
