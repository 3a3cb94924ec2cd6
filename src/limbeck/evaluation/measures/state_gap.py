"""How far apart a network holds right and wrong traces of a problem: cosines of their last hidden states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError, missing_extra
from limbeck.evaluation.samples import benchmark_of, called, like, results, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Results, Trace
from limbeck.types import Checkpoint

if TYPE_CHECKING:
    from numpy.typing import NDArray


def state_gap(
    data: Data,
    *,
    model: Checkpoint,
    name: str = "",
    benchmark: str = "",
    max_tokens_per_microbatch: int = 4096,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """For each right trace, its mean cosine with the problem's other right ones less that with its wrong
    ones.

    The states are those of the last layer at the last token, behind the question: what the triplet loss of
    `objectives/self_reflection` acts on (arXiv 2310.13332). Traces are read as they are stored, so
    all models may be asked about the same ones.

    Args:
        data: traces with verdicts; marks on traces do not count, marked problems are left out. A right trace
            that is alone counts as its own company, with cosine 1.
        name, benchmark: as in `evaluation/text_loss`.

    Returns:
        Metric ``score@gap``, -2 to 2, the mean over problems with right and wrong traces; each right trace
        has ``scores["gap"]``. Nothing is sampled: a claim on it says ``temperature: null``.

    Raises:
        LimbeckError: no problem has both.
    """
    marked = {problem.id for problem in data.problems if problem.marks}
    groups: dict[str, list[Trace]] = {}
    for trace in data.traces:
        if trace.outcome in ("correct", "wrong") and trace.problem_id not in marked:
            groups.setdefault(trace.problem_id, []).append(trace)
    both = {key: group for key, group in groups.items() if len({trace.outcome for trace in group}) == 2}
    traces = [trace for group in both.values() for trace in group]
    states = _states(model, data, traces, max_tokens_per_microbatch, precision)
    problems, read = data.problem_by_id(), Data(data.problems)
    for key, group in both.items():
        known = [trace for trace in group if trace.id in states]
        right = [trace for trace in known if trace.outcome == "correct"]
        wrong = [trace for trace in known if trace.outcome == "wrong"]
        if right and wrong and key in problems:
            for trace, gap in zip(right, _gaps(right, wrong, states), strict=True):
                sample = stored(trace, benchmark or benchmark_of(problems[key]))
                read.traces.append(replace(sample, scores={**trace.scores, "gap": gap}))
    if not read.traces:
        raise LimbeckError(
            f"no gap to measure: none of {len(groups):,} problems has a right and a wrong trace"
        )
    compared = len({trace.problem_id for trace in read.traces})
    ctx.log(f"{compared:,} of {len(groups):,} problems have right and wrong traces")
    return Results(results(read, ["score@gap"], like(name or called(model), [seed])), read)


def _states(
    model: str, data: Data, traces: Sequence[Trace], max_tokens: int, precision: str
) -> dict[str, NDArray[np.float32]]:
    """The unit vector of each trace's last state; none of what gives no tokens."""
    if not traces:
        return {}
    try:
        from limbeck.networks.probe import Probe
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "evaluation/state_gap") from error
    probe = Probe.open(model, max_tokens=max_tokens, precision=precision, layers=True)
    rows, _ = probe.rows(data, traces)
    states = {}
    for place, (states_nD,) in probe.tokens(rows, lambda batch, policy: policy.layers[-1][batch.mask_BT]):
        last = states_nD[-1].astype(np.float32)
        states[rows[place].id] = last / max(float(np.linalg.norm(last)), 1e-12)
    return states


def _gaps(right: list[Trace], wrong: list[Trace], states: dict[str, NDArray[np.float32]]) -> list[float]:
    """Of each right trace the mean cosine with the other right ones less that with the wrong ones."""
    ours = np.stack([states[trace.id] for trace in right])
    theirs = np.stack([states[trace.id] for trace in wrong])
    cosines = ours @ ours.T
    count = len(right) - 1
    # A trace's cosine with itself is 1, whatever rounding makes of it.
    near = (cosines.sum(1) - cosines.diagonal()) / count if count else np.ones(1)
    return [float(gap) for gap in near - (ours @ theirs.T).mean(1)]
