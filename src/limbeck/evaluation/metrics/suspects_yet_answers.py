"""Who notices that a premise is missing, and answers all the same."""

from __future__ import annotations

import re

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.texts.premises import first_suspicion
from limbeck.texts.traces import part_of

UNIT = "share"


def suspects_yet_answers(problem: Problem, traces: list[Trace]) -> float | None:
    """Share of the samples that say somewhere that something is not given, and do not abstain.

    The verdict is not ``unknown`` (arXiv 2504.06514, section 4.2).
    """
    texts = (re.split(r"\n\s*\n", part_of(trace, "text")) for trace in traces)
    suspects = [first_suspicion(paragraphs) is not None for paragraphs in texts]
    return ops.mean(each and trace.outcome != "unknown" for each, trace in zip(suspects, traces, strict=True))
