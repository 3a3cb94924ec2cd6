"""How sure a model is, by how often it says the same."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from limbeck.answers.ballots import ballot
from limbeck.records import Data


def sampled_confidence(data: Data, *, name: str = "agreement") -> Data:
    """The share of a problem's samples of one model that give a trace's answer, by value (self-consistency).

    The trace itself counts: alone it is sure of itself. Samples without an answer count in the whole. What a
    verdict extracted goes before the trace's own answer.

    Args:
        name: the score that is written, 0 to 1; traces without an answer have none.
    """
    answers = {}
    votes: dict[tuple[str, str], Counter[object]] = {}
    for trace in data.traces:
        extracted = trace.verdicts[-1].extracted if trace.verdicts else None
        answers[trace.id] = ballot(extracted or trace.answer)
        votes.setdefault((trace.problem_id, trace.model), Counter())[answers[trace.id]] += 1
    made = []
    for trace in data.traces:
        count, answer = votes[trace.problem_id, trace.model], answers[trace.id]
        share = count[answer] / count.total()
        made.append(trace if answer is None else replace(trace, scores={**trace.scores, name: share}))
    return Data(data.problems, made, data.pairs)
