"""Unanimity, then plurality: a vote among the chains all of whose steps passed."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from limbeck.curation.ops import normalise
from limbeck.errors import LimbeckError, nearest
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace


def unanimous_plurality(
    data: Data, *, verifier: str = "deductive", among: Literal["valid", "all"] = "valid", ctx: Context
) -> Data:
    """Add to each problem the answer most of its verified chains give, as one more trace; without any, of all
    chains.

    Unanimity-plurality voting (arXiv 2306.03872, section 4.3): a chain votes when the verifier of its steps
    calls it ``correct``, which takes all steps. Answers are compared as text, whatever case and space; of
    answers with as many votes the one that came first wins. Marked traces and traces without an answer do not
    vote.

    Args:
        verifier: whose verdict counts, a trace's last one of that name.
        among: ``all`` lets every chain vote, verified or not: plain voting.

    Returns:
        The data with one trace ``ID#vote`` per problem, at ``temperature`` 0, its parents those who voted for
        it; ``params`` say how many chains voted (``votes``), with what ``share``, and whether the vote fell
        back on all of them (``fallback``). A problem without any answer gets none.

    Raises:
        LimbeckError: no trace has a verdict of that verifier.
    """
    names = {verdict.verifier for trace in data.traces for verdict in trace.verdicts}
    if data.traces and among == "valid" and verifier not in names:
        raise LimbeckError(f"no trace has a verdict of {verifier!r}{nearest(verifier, names)}")
    groups = data.by_problem()
    votes = []
    fell = 0
    for problem in data.problems:
        able = [trace for trace in groups.get(problem.id, []) if not trace.marks and trace.answer.strip()]
        valid = [trace for trace in able if among == "all" or _passed(trace, verifier)]
        fell += bool(able) and not valid
        if able:
            votes.append(_vote(problem.id, valid or able, not valid))
    ctx.log(f"{len(votes):,} problems voted on, {fell:,} of them by all chains for want of a valid one")
    return Data(data.problems, [*data.traces, *votes], data.pairs)


def _passed(trace: Trace, verifier: str) -> bool:
    outcomes = [verdict.outcome for verdict in trace.verdicts if verdict.verifier == verifier]
    return bool(outcomes) and outcomes[-1] == "correct"


def _vote(problem_id: str, traces: list[Trace], fallback: bool) -> Trace:
    counts = Counter(normalise(trace.answer) for trace in traces)
    won, number = counts.most_common(1)[0]
    for_it = [trace for trace in traces if normalise(trace.answer) == won]
    params = {"temperature": 0.0, "votes": len(traces), "share": number / len(traces), "fallback": fallback}
    return Trace(
        id=f"{problem_id}#vote",
        problem_id=problem_id,
        answer=for_it[0].answer,
        model="vote",
        finish="stop",
        params=params,
        parents=[trace.id for trace in for_it],
    )
