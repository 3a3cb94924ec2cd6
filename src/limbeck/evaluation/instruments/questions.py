"""How good a filter of questions is: its marks against what is known of them."""

from __future__ import annotations

import numpy as np

from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation.instruments._filters import measured
from limbeck.evaluation.samples import benchmark_of
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Results, Trace, Verdict


def questions(
    data: Data,
    *,
    truth: str = "valid",
    kind: str = "defect",
    name: str = "filter",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Precision, recall and F1 of a filter that left some questions without a mark, for the class of valid
    questions.

    Rows: ``precision`` (of the questions without a mark, how many are valid), ``recall`` (of the valid ones,
    how many have none), ``f1``, ``kept`` (share without a mark), ``base`` (share that is valid), and for each
    kind of defect ``caught/KIND`` (share with a mark). Shares have Wilson's 95% intervals, ``f1`` a
    bootstrap's over questions.

    Args:
        truth: key of the problems' ``meta`` that says whether a question is valid; questions without it are
            left out.
        kind: key of ``meta`` that names the defect.
        name: of the filter in the results.
        benchmark: one name for all; by default source and split of the first problem.

    Returns:
        The rows; one trace per question, without text or ``temperature``, ``correct`` where the filter is
        right, its scores ``precision``, ``recall``, ``f1``, ``kept`` and ``caught/KIND`` whose means are
        those
        numbers, for claims.

    Raises:
        LimbeckError: no question has the key.
    """
    asked = [problem for problem in data.problems if isinstance(problem.meta.get(truth), bool)]
    if not asked:
        keys = {key for problem in data.problems for key in problem.meta}
        raise LimbeckError(f"questions: no problem says meta[{truth!r}] true or false{nearest(truth, keys)}")
    if left := len(data.problems) - len(asked):
        ctx.log(f"{left:,} questions left out, without meta[{truth!r}]")
    valid_N = np.array([problem.meta[truth] for problem in asked])
    kept_N = np.array([not problem.marks for problem in asked])
    kinds = [str(problem.meta.get(kind) or "") for problem in asked]
    where = benchmark or benchmark_of(asked[0])
    common = {"model": name, "benchmark": where, "seeds": [seed], "unit": "share"}
    rows, scores = measured(valid_N, kept_N, kinds, common, "questions", seed)
    traces = []
    for place, problem in enumerate(asked):
        trace = Trace(id=f"{problem.id}#{name}", problem_id=problem.id, model=name)
        trace.params = {"benchmark": where}
        trace.verdicts = [_verdict(problem, bool(valid_N[place] == kept_N[place]))]
        trace.scores = {metric: float(values[place]) for metric, values in scores.items()}
        traces.append(trace)
    return Results(rows, Data(data.problems, traces))


def _verdict(problem: Problem, right: bool) -> Verdict:
    return Verdict("questions", "correct" if right else "wrong", reason=", ".join(problem.marks))
