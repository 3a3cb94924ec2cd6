"""What planted steps earn from a critic's answers."""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Outcome, Trace, Verdict

WAS = "curation/fooled"


def sneaky_reward(
    data: Data,
    judged: Data,
    *,
    more: dict[str, float] = {},  # noqa: B006 read as configuration, never changed
    ctx: Context,
) -> Data:
    """Reward planted steps: 1 where the critic is fooled, -1 where it catches them, between by share (SPC).

    ArXiv 2504.19162, section 3.4; the critic's own reward is the reverse, `outcome_reward`.

    Args:
        data: planted steps, traces of `sneaky_tasks`.
        judged: problems of `critic_tasks` with a critic's traces, verified.
        more: further scores for the rewarded steps, such as ``{anchor: 0}``.

    Returns:
        The first data. A step that was judged has ``scores["sneaky_reward"]``, the share of wrong answers
        about it, ``reward`` and a verdict, ``correct`` where it fools more often than not; others are marked
        ``not_judged``. The note says how often all of them do.

    Raises:
        LimbeckError: no trace of ``judged`` is about these steps.
    """
    answers: dict[str, list[float]] = defaultdict(list)
    traces = judged.by_problem()
    for problem in judged.problems:
        outcomes = [trace.outcome for trace in traces.get(problem.id, [])]
        fooled = [outcome == "wrong" for outcome in outcomes if outcome in ("correct", "wrong")]
        for name in problem.meta.get("planted", []):
            answers[name] += map(float, fooled)
    if data.traces and not any(answers.get(trace.id) for trace in data.traces):
        raise LimbeckError(
            f"curation/sneaky_reward: no critic has judged any of these {len(data.traces):,} planted steps"
        )

    def rewarded(trace: Trace) -> Trace:
        if not answers.get(trace.id):
            return trace if trace.marks else replace(trace, marks=["not_judged"])
        share = fmean(answers[trace.id])
        outcome: Outcome = "correct" if share > 0.5 else "wrong"
        verdict = Verdict(
            "sneaky_reward", outcome, f"{share:.2f}", f"fools {share:.0%} of {len(answers[trace.id])} answers"
        )
        scores = {**trace.scores, "sneaky_reward": share, "reward": 2 * share - 1, **more}
        return replace(trace, scores=scores, verdicts=[*trace.verdicts, verdict])

    shares = [fmean(answers[trace.id]) for trace in data.traces if answers.get(trace.id)]
    if shares:
        ctx.log(f"{len(shares):,} planted steps fool the critic in {fmean(shares):.1%} of its answers")
    return Data(data.problems, [rewarded(trace) for trace in data.traces], data.pairs)
