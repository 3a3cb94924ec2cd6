"""The chance that the majority of k samples is right."""

from __future__ import annotations

from limbeck.errors import LimbeckError
from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "share"


def maj_at(problem: Problem, traces: list[Trace], *, k: int) -> float:
    """Chance that the majority of ``k`` samples is right; written ``maj@k``.

    Wang et al. 2022 (arXiv 2203.11171). A sample votes by what its last verdict extracted; one without an
    answer abstains. How ties and right answers of several spellings count: `limbeck.evaluation.ops.maj_at_k`.

    Raises:
        LimbeckError: there are fewer than ``k`` samples.
    """
    if not 1 <= k <= len(traces):
        raise LimbeckError(f"needs {k} samples of every problem, {problem.id!r} has {len(traces)}")
    votes = [_vote(trace) for trace in traces]
    return ops.maj_at_k(votes, [trace.outcome == "correct" for trace in traces], k)


def _vote(trace: Trace) -> str | None:
    extracted = trace.verdicts[-1].extracted if trace.verdicts else None
    return extracted.strip() if extracted else None
