"""Training targets without reasoning: the question, then its answer."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.records import Data


def answer_only(data: Data, *, reasoning: str = "", mark: str = "reasoned") -> Data:
    """Give each problem with a kept trace one that answers at once, and mark those that reason.

    The control arm of chain-of-thought distillation (arXiv 2212.08410), and its last stage where reasoning is
    to become a habit (arXiv 2503.24198). A problem's first kept trace is the one that loses its reasoning:
    further ones with the same answer would say the same.

    Args:
        reasoning: what stands in the reasoning's place, such as the mark in front of an answer.

    Returns:
        The data with a trace ``ID/answer`` for each of those, its verdicts kept: they are on the answer. A
        problem whose kept traces have no answer gets none.
    """
    kept = {trace.id for trace in data.kept()}
    answered: set[str] = set()
    traces, bare = [], []
    for trace in data.traces:
        if trace.id in kept:
            if trace.answer.strip() and trace.problem_id not in answered:
                answered.add(trace.problem_id)
                changed = {"id": f"{trace.id}/answer", "reasoning": reasoning, "parents": [trace.id]}
                bare.append(replace(trace, **changed, tokens=None, weights=[]))
            trace = marked(trace, mark)
        traces.append(trace)
    return Data(data.problems, [*traces, *bare], data.pairs)
