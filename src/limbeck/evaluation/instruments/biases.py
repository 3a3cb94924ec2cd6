"""How far a judge is moved by what should not move it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.evaluation.ops import wilson
from limbeck.evaluation.samples import benchmark_of, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Result, Results, Trace

DECIDED = ("correct", "wrong")


def biases(data: Data, *, name: str = "judge", benchmark: str = "", seed: int = 0, ctx: Context) -> Results:
    """Compare a judge's answers to comparisons and to their biased twins, bias by bias, with Wilson's 95%
    intervals.

    Rows for every bias: ``accuracy_clean`` and ``accuracy_biased`` over what was decided, ``consistency``
    (the same solution chosen on both), ``flipped`` (right on the clean one and wrong on the twin, of those
    right on the clean one) and ``undecided`` (pairs with an answer that is neither right nor wrong). The n-th
    answer to a twin is held against the n-th answer to its clean comparison.

    Args:
        data: problems of `curation/biased_twins`, or of `curation/comparison_tasks` in both orders, with a
            judge's verified answers.
        name: of the judge in the results.
        benchmark: one name for all; by default source and split of the first problem. Rows have the bias
            behind it.

    Returns:
        The rows, and all traces, without a ``temperature``; those of twins with ``scores["consistent"]`` and
        ``scores["right"]``, those of clean ones with ``scores["clean_right"]``, for claims; and where a trace
        records several verdicts (`teachers/debiased`) of which the first was right, ``scores["stands"]``: 1
        if the last one is.

    Raises:
        LimbeckError: no problem has a twin.
    """
    twins = _twins(data)
    if not twins:
        raise LimbeckError(f"biases: none of {len(data.problems):,} problems is a twin of another")
    where = benchmark or benchmark_of(data.problems[0])
    traces = [replace(stored(trace, where), scores=dict(trace.scores)) for trace in data.traces]
    answers = {problem.id: problem.answer for problem in data.problems}
    for trace in traces:
        verdicts = trace.params.get("verdicts") or [None]
        if verdicts[0] is not None and verdicts[0] == answers[trace.problem_id]:
            trace.scores["stands"] = float(verdicts[-1] == verdicts[0])
    groups = Data(data.problems, traces).by_problem()
    by_bias: dict[str, list[tuple[Trace, Trace]]] = {}
    for kind, clean, twin in twins:
        both = zip(groups.get(clean, []), groups.get(twin, []), strict=False)
        by_bias.setdefault(kind, []).extend(both)
    results = [row for kind, pairs in by_bias.items() for row in _rows(pairs, name, f"{where}/{kind}", seed)]
    if left := sum(trace.outcome not in DECIDED for trace in traces):
        ctx.log(f"{left:,} of {len(traces):,} answers are neither right nor wrong")
    return Results(results, Data(data.problems, traces))


def _rows(pairs: list[tuple[Trace, Trace]], name: str, benchmark: str, seed: int) -> Iterator[Result]:
    """One bias's numbers; what each pair of answers says is noted in its traces."""
    decided = [pair for pair in pairs if all(trace.outcome in DECIDED for trace in pair)]
    for clean, twin in decided:
        clean.scores["clean_right"] = float(clean.outcome == "correct")
        twin.scores["right"] = float(twin.outcome == "correct")
        twin.scores["consistent"] = float(clean.outcome == twin.outcome)
    right = [twin for clean, twin in decided if clean.outcome == "correct"]
    counts = {
        "accuracy_clean": (len(right), len(decided)),
        "accuracy_biased": (sum(twin.outcome == "correct" for _, twin in decided), len(decided)),
        "consistency": (sum(clean.outcome == twin.outcome for clean, twin in decided), len(decided)),
        "flipped": (sum(twin.outcome == "wrong" for twin in right), len(right)),
        "undecided": (len(pairs) - len(decided), len(pairs)),
    }
    for metric, (count, n) in counts.items():
        if n:
            low, high = wilson(count, n)
            yield Result(
                model=name,
                benchmark=benchmark,
                metric=metric,
                value=count / n,
                low=low,
                high=high,
                n=n,
                samples=n,
                unit="share",
                interval="Wilson over pairs",
                seeds=[seed],
            )


def _twins(data: Data) -> list[tuple[str, str, str]]:
    """Bias, id of the clean problem, id of its twin."""
    biased = [problem for problem in data.problems if problem.meta.get("bias")]
    named = [(str(twin.meta["bias"]), str(twin.meta["twin"]), twin.id) for twin in biased]
    second = [problem for problem in data.problems if problem.meta.get("swap") and problem.meta["right"] == 2]
    swapped = [("position", str(twin.meta["swap"]), twin.id) for twin in second]
    if named or swapped:
        return named + swapped
    orders: dict[str, list[Problem]] = {}
    for problem in data.problems:
        if "pair" in problem.meta:
            orders.setdefault(str(problem.meta["pair"]), []).append(problem)
    return [("position", two[0].id, two[1].id) for two in orders.values() if len(two) == 2]
