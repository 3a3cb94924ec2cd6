"""Continual learning: OP and BWT of a matrix made by hand."""

import numpy as np
import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.measures.continual import backward, overall
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.records import Data, Problem, Trace, Verdict

# After a task of a row, the problems of each task that are right; task b has twice as many problems.
RIGHT = {"after a": {"a": [1, 1], "b": [0, 0, 0, 1]}, "after b": {"a": [1, 0], "b": [1, 1, 1, 0]}}


def evaluated(right=RIGHT):
    problems = [Problem(id=f"{task}{at}", question="", source=task, split="test")
                for task, count in (("a", 2), ("b", 4)) for at in range(count)]  # fmt: skip
    traces = []
    for model, tasks in right.items():
        for task, marks in tasks.items():
            for at, good in enumerate(marks):
                trace = Trace(id=f"{task}{at}#{model}", problem_id=f"{task}{at}", model=model)
                trace.verdicts = [Verdict("exact", "correct" if good else "wrong")]
                traces.append(trace)
    return Data(problems, traces)


def measured(tmp_path, data, **settings):
    made = ready("evaluation/continual", ctx=Context(tmp_path), **settings)(data)
    return made, {row.metric: row for row in made.results}


def test_a_matrix_by_hand():
    matrix = np.array([[0.9, 0.1, 0.0], [0.6, 0.8, 0.2], [0.5, 0.6, 0.7]])
    assert overall(matrix) == pytest.approx(0.6)
    assert backward(matrix) == pytest.approx((-0.4 - 0.2 + 0.0) / 3)


def test_accuracy_after_each_task_on_each(tmp_path):
    made, rows = measured(tmp_path, evaluated(), name="seq")
    assert [rows[f"R {i}.{j}"].value for i in (1, 2) for j in (1, 2)] == [1.0, 0.25, 0.5, 0.75]
    assert rows["op"].value == pytest.approx(0.625)
    assert rows["bwt"].value == pytest.approx(-0.25)
    assert rows["bwt"].low <= -0.25 <= rows["bwt"].high
    # Means over problems are the means over tasks, though one task has twice as many.
    for metric in ("op", "bwt"):
        scores = [trace.scores[metric] for trace in made.data.traces]
        assert np.mean(scores) == pytest.approx(rows[metric].value)


def test_the_order_is_the_trainings(tmp_path):
    _, rows = measured(tmp_path, evaluated(), order=["after b", "after a"], tasks=["b", "a"])
    assert rows["op"].value == pytest.approx(0.625)  # after "after a": 0.25 on b, 1.0 on a
    assert rows["bwt"].value == pytest.approx((0.25 - 0.75 + 0.0) / 2)


def test_what_cannot_be_a_sequence_is_refused(tmp_path):
    for settings, message in (
        ({"order": ["after c"]}, "did you mean"),
        ({"tasks": ["a"]}, "2 students for 1 tasks"),
        ({"tasks": ["a", "z"]}, "unknown task 'z'"),
    ):
        with pytest.raises(LimbeckError, match=message):
            measured(tmp_path, evaluated(), **settings)
    with pytest.raises(LimbeckError, match="'after b' has no sample on 4 problems of 'b', such as 'b0'"):
        measured(tmp_path, evaluated({**RIGHT, "after b": {"a": [1, 0]}}))
