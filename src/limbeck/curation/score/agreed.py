"""Pseudo-labels from several teachers: the answer that they agree on, each as sure as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable

from msgspec import Struct
from msgspec.structs import replace

from limbeck.answers.ballots import ballot
from limbeck.answers.extract import find_answer
from limbeck.curation.ops import marked
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.types import Count, Share

VOTING = {"wrong", "off_label", "unsure"}
"""Marks of traces that vote all the same: what they answer is known."""
Votes = dict[str, dict[Hashable, float]]
"""Of each teacher, how sure it is of each answer; at most 1 over all its answers."""


def agreed(
    data: Data,
    *,
    teachers: Count = 2,
    share: Share = 0.5,
    sure: Share = 0.5,
    confidence: str = "",
    ctx: Context,
) -> Data:
    """Set each problem's answer to the one that its teachers agree on; mark what does not agree (TwT's DCRS).

    ArXiv 2503.24198, dual-criteria rejection sampling, first criterion: no reference answer is needed. A
    teacher's confidence in an answer is the share of its own traces that reach it, each weighed by what it
    says of itself (``confidence``) where that is known. The label is the answer with the highest sum over
    teachers, so that nobody counts more who wrote more. Answers count by value (`limbeck.answers.ballots`);
    marked traces, but for ``wrong``, do not vote.

    Args:
        teachers: fewest that give the label, sure or not.
        share: of the teachers' summed confidence that the label needs; a tie is no label.
        sure: a trace on the label is kept where its teacher's confidence in it is at least this.
        confidence: name of a score of the traces, from 0 to 1, that weighs their votes; empty weighs all
            alike. A trace without it has no vote.

    Returns:
        The data. A problem without a label is marked ``no_agreement`` and has no answer. The source's answer
        is kept in ``meta["gold"]``, ``meta["agreement"]`` is the label's share. Traces on another answer are
        marked ``off_label``, those of an unsure teacher ``unsure``; ``scores["confidence"]`` of each is its
        teacher's in its answer.
    """
    groups, problems, traces = data.by_problem(), list[Problem](), dict[str, Trace]()
    for problem in data.problems:
        if not problem.marks:
            label = _label(groups.get(problem.id, []), confidence)
            enough = label.teachers >= teachers and label.share >= share and not label.tied
            # Labelled before, its answer is a label and no longer the source's.
            gold = problem.meta.get("gold") if "agreement" in problem.meta else problem.answer
            meta = {**problem.meta, "gold": gold, "agreement": label.share}
            problem = replace(problem, meta=meta, answer=label.text if enough else None)
            problem = problem if enough else marked(problem, "no_agreement")
            for trace in groups.get(problem.id, []):
                traces[trace.id] = _judged(trace, label, enough, sure)
        problems.append(problem)
    asked = [problem for problem in problems if "agreement" in problem.meta]
    labelled = sum(not problem.marks for problem in asked)
    ctx.log(f"teachers agree on {labelled:,} of {len(asked):,} problems; the others are marked no_agreement")
    return Data(problems, [traces.get(trace.id, trace) for trace in data.traces], data.pairs)


class _Label(Struct):
    """What a problem's traces vote for; ``votes`` hold each teacher's confidence in every answer."""

    value: Hashable | None
    text: str
    share: float
    teachers: int
    tied: bool
    votes: Votes


def _label(traces: list[Trace], confidence: str) -> _Label:
    weights: dict[str, list[tuple[Hashable, float]]] = defaultdict(list)
    spelt: dict[Hashable, str] = {}
    for trace in traces:
        weight = trace.scores.get(confidence) if confidence else 1.0
        value = ballot(trace.answer)
        if value is None or weight is None or not {*trace.marks} <= VOTING:
            continue
        weights[trace.model].append((value, weight))
        spelt.setdefault(value, find_answer(trace.answer) or trace.answer.strip())
    votes: Votes = {name: defaultdict(float) for name in weights}
    sums: dict[Hashable, float] = defaultdict(float)
    for name, given in weights.items():
        for value, weight in given:
            votes[name][value] += weight / len(given)
            sums[value] += weight / len(given)
    ranked = sorted(sums, key=lambda value: -sums[value])
    if not ranked or not sums[ranked[0]]:
        return _Label(None, "", 0.0, 0, False, votes)
    tied = len(ranked) > 1 and abs(sums[ranked[0]] - sums[ranked[1]]) < 1e-9
    behind = sum(ranked[0] in each for each in votes.values())
    return _Label(ranked[0], spelt[ranked[0]], sums[ranked[0]] / sum(sums.values()), behind, tied, votes)


def _judged(trace: Trace, label: _Label, enough: bool, sure: float) -> Trace:
    value = ballot(trace.answer)
    held = label.votes.get(trace.model, {}).get(value) if value is not None else None
    if held is not None:
        trace = replace(trace, scores={**trace.scores, "confidence": held})
    if not enough:
        return trace
    if value != label.value:
        return marked(trace, "off_label")
    return trace if (held or 0.0) >= sure else marked(trace, "unsure")
