"""Graders against known points: by hand, by brute force, and intervals against the true spread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace

graded = flat("evaluation/graded")
remainders = flat("problems/remainders")
CONTEXT = Context(Path("."))


def marked(*rows: tuple[list[float], list[float] | None]) -> Data:
    """Problems with one trace each: points known, points given for two items worth 2 and 1."""
    rubric = [{"text": "a", "points": 2}, {"text": "b"}]
    data = Data()
    for at, (gold, given) in enumerate(rows):
        data.problems.append(Problem(id=f"p{at}", question="q", source="s", meta={"rubric": rubric}))
        scores = {} if given is None else {"points": sum(given), "points/0": given[0], "points/1": given[1]}
        data.traces.append(Trace(id=f"t{at}", problem_id=f"p{at}", params={"gold": gold}, scores=scores))
    return data


def quadratic_kappa(x: list[float], y: list[float]) -> float:
    apart = np.mean([(a - b) ** 2 for a, b in zip(x, y, strict=True)])
    return 1 - apart / np.mean([(a - b) ** 2 for a in x for b in y])


def test_points_inflation_kappa_and_errors_by_hand():
    data = marked(([2, 1], [2, 1]), ([0, 0], [2, 0]), ([1, 0], [2, 0]), ([0, 1], [0, 1]), ([2, 0], None))
    made = graded(data, ctx=CONTEXT)
    values = {row.metric: row.value for row in made.results}
    assert values["points"] == pytest.approx((3 + 2 + 2 + 1) / 12)
    assert values["gold"] == pytest.approx((3 + 0 + 1 + 1) / 12)
    assert values["inflation"] == pytest.approx(8 / 5)
    assert values["kappa"] == pytest.approx(quadratic_kappa([3, 2, 2, 1], [3, 0, 1, 1]))
    assert values["item_error"] == pytest.approx(2 / 8)
    assert values["ungraded"] == pytest.approx(1 / 5)
    for metric in ("inflation", "kappa", "item_error"):
        scores = [trace.scores[metric] for trace in made.data.traces if metric in trace.scores]
        assert np.mean(scores) == pytest.approx(values[metric])


def test_points_or_a_grader_that_are_not_there_are_named():
    with pytest.raises(LimbeckError, match=r"params\['golt'\]; did you mean 'gold'"):
        graded(marked(([1, 0], [1, 0])), gold="golt", ctx=CONTEXT)
    with pytest.raises(LimbeckError, match=r"none of 1 traces has scores\['point'\]; did you mean 'points'"):
        graded(marked(([1, 0], [1, 0])), score="point", ctx=CONTEXT)


def test_intervals_of_six_problems_with_four_proofs_cover_the_truth():
    """An interval of an exam holds the mean of all exams in 285 of 300, give or take 2.5 standard errors."""
    rows = []
    whole = remainders(n=1800, k=4)
    groups = whole.by_problem()
    for exam in range(300):
        problems = whole.problems[6 * exam : 6 * exam + 6]
        traces = [trace for problem in problems for trace in groups[problem.id]]
        for trace in traces:
            trace.scores = {"points": sum(trace.params["gold"])}
        rows.append(graded(Data(problems, traces), ctx=CONTEXT).results[0])
    truth = np.mean([row.value for row in rows])
    assert 275 <= sum(row.low <= truth <= row.high for row in rows) <= 294
    # As wide as exams differ: half of an interval is 2.57 standard errors for six problems.
    halves = np.array([row.high - row.low for row in rows]) / 2
    assert np.sqrt(np.mean(halves**2)) / 2.571 == pytest.approx(np.std([row.value for row in rows]), rel=0.1)
