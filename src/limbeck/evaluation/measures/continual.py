"""Tasks learned one after another: what is known of each after each, and what was lost on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from limbeck.errors import LimbeckError, unknown
from limbeck.evaluation import ops
from limbeck.evaluation.samples import benchmark_of, like, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Result, Results, Trace

Array = np.ndarray[Any, np.dtype[np.float64]]


def overall(matrix_TT: Array) -> float:
    """OP: the mean accuracy over the tasks learned, after the last of them (TRACE, arXiv 2310.06762, eq. 1).

    Args:
        matrix_TT: accuracy on the task of a column after the training of a row.
    """
    return float(matrix_TT[-1].mean())


def backward(matrix_TT: Array) -> float:
    """BWT: what the tasks gained, or lost if negative, since each was learned (eq. 2)."""
    return float((matrix_TT[-1] - matrix_TT.diagonal()).mean())


def continual(
    data: Data,
    *,
    order: tuple[str, ...] = (),
    tasks: tuple[str, ...] = (),
    name: str = "sequence",
    benchmark: str = "",
    ctx: Context,
) -> Results:
    """Overall performance and backward transfer of a student that learned tasks one after another.

    From the samples of one student after each task, on the test problems of all tasks: accuracy of every
    student on every task (``R i.j``: after task i on task j), ``op`` and ``bwt``, whose 95% intervals are
    bootstraps over problems within tasks. For claims each problem has a trace with ``scores["op"]`` and
    ``scores["bwt"]``, weighted so that their means are these numbers whatever the tasks' sizes.

    Args:
        data: evaluations of the students, such as ``from: [after_1, after_2]`` of a `curation/merge`, judged.
        order: the students as trained, by name; by default as they come.
        tasks: their tasks, by the problems' benchmark (source and split); by default as they come.
        name: of the sequence in the results.
        benchmark: of the results; by default the tasks' names joined.

    Raises:
        LimbeckError: an unknown student or task, more of the one than of the other, or a student without a
            sample on a task's problem.
    """
    order = _named("student", order, dict.fromkeys(trace.model for trace in data.traces))
    by_task: dict[str, list[Problem]] = {}
    for problem in (each for each in data.problems if not each.marks):
        by_task.setdefault(benchmark_of(problem), []).append(problem)
    tasks = _named("task", tasks, by_task)
    if len(order) != len(tasks) or not order:
        told = f"{', '.join(order) or 'none'}; {', '.join(tasks) or 'none'}"
        raise LimbeckError(f"continual: {len(order)} students for {len(tasks)} tasks ({told})")
    right = _right(data)
    values = [_values(right, order, task, by_task[task]) for task in tasks]
    matrix_TT = np.array([each.mean(axis=1) for each in values]).T
    where = benchmark or "+".join(tasks)
    results = list(_rows(values, matrix_TT, like(name, []), where))
    ctx.log(
        "; ".join(f"after {student}: {_percent(row)}" for student, row in zip(order, matrix_TT, strict=True))
    )
    problems = [problem for task in tasks for problem in by_task[task]]
    return Results(results, Data(problems, list(_scored(values, problems, name, where))))


def _named(what: str, asked: Sequence[str], known: dict[str, Any]) -> tuple[str, ...]:
    for each in asked:
        if each not in known:
            raise unknown(what, each, known, "continual")
    return tuple(asked or known)


def _right(data: Data) -> dict[tuple[str, str], list[bool]]:
    """Which samples are right, by student and problem."""
    right: dict[tuple[str, str], list[bool]] = {}
    for trace in data.traces:
        if trace.finish != "error":
            right.setdefault((trace.model, trace.problem_id), []).append(trace.outcome == "correct")
    return right


def _values(
    right: dict[tuple[str, str], list[bool]], order: Sequence[str], task: str, problems: list[Problem]
) -> Array:
    """``[T, P]``: the share of right samples of each student on each of a task's problems."""
    for student in order:
        missing = [problem.id for problem in problems if (student, problem.id) not in right]
        if missing:
            raise LimbeckError(
                f"continual: {student!r} has no sample on {len(missing)} problems of {task!r}, such as "
                f"{missing[0]!r}; evaluate every student on the tests of all tasks"
            )
    return np.array([[np.mean(right[student, problem.id]) for problem in problems] for student in order])


def _rows(values: list[Array], matrix_TT: Array, common: Result, where: str) -> Iterator[Result]:
    total = sum(each.shape[1] for each in values)
    rng = np.random.default_rng(0)
    drawn = [_resampled(values, rng) for _ in range(1000)]
    for metric, measure in (("op", overall), ("bwt", backward)):
        low, high = np.quantile([measure(each) for each in drawn], (0.025, 0.975))
        value = measure(matrix_TT)
        yield _row(common, where, metric, value, min(low, value), max(high, value), total)
    for after, row in enumerate(matrix_TT, 1):
        for task, value in enumerate(row, 1):
            each = values[task - 1]
            low, high, _ = ops.interval(each[after - 1])
            yield _row(common, where, f"R {after}.{task}", float(value), low, high, each.shape[1])


def _resampled(values: list[Array], rng: np.random.Generator) -> Array:
    chosen = [each[:, rng.integers(0, each.shape[1], each.shape[1])] for each in values]
    return np.array([each.mean(axis=1) for each in chosen]).T


def _row(common: Result, where: str, metric: str, value: float, low: float, high: float, n: int) -> Result:
    return Result(
        model=common.model, benchmark=where, metric=metric, value=value, low=float(low), high=float(high),
        n=n, samples=n, interval="bootstrap over problems within tasks", unit="share",
    )  # fmt: skip


def _scored(values: list[Array], problems: list[Problem], name: str, where: str) -> Iterator[Trace]:
    """A trace for each problem; one of a small task weighs more."""
    weights = np.concatenate([np.full(each.shape[1], 1 / each.shape[1]) for each in values]) / len(values)
    last = np.concatenate([each[-1] for each in values])
    since = np.concatenate([each[-1] - each[at] for at, each in enumerate(values)])
    for problem, weight, end, gain in zip(problems, weights * len(problems), last, since, strict=True):
        trace = Trace(id=f"{problem.id}#{name}", problem_id=problem.id, model=name)
        trace.scores = {"op": float(end * weight), "bwt": float(gain * weight)}
        yield stored(trace, where)


def _percent(row: Array) -> str:
    return ", ".join(f"{100 * value:.1f}" for value in row)
