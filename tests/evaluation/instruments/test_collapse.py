"""`evaluation/collapse`: a ladder of four models, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.instruments.collapse import place
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.records import Data, Problem, Trace, Verdict


def samples(model: str, right: int, n: int = 10, tokens: tuple[int, int] = (4, 9), source: str = "s") -> Data:
    """``n`` problems of which the first are right, in 4 tokens, the others wrong in 9."""
    data = Data()
    for at in range(n):
        outcome = "correct" if at < right else "wrong"
        data.problems.append(Problem(id=f"{source}{at}", question="?", source=source, split="test"))
        trace = Trace(id=f"{source}{at}#{model}", problem_id=f"{source}{at}", model=model)
        trace.tokens = tokens[outcome == "wrong"]
        trace.verdicts = [Verdict("exact", outcome)]
        data.traces.append(trace)
    return data


def run(*data: Data, **settings):
    return ready("evaluation/collapse", ctx=Context(None), **settings)(*data)


def test_kept_is_a_share_of_the_first_models_accuracy_and_collapse_lies_between():
    ladder = [samples(name, right) for name, right in (("dense", 8), ("eight", 8), ("four", 6), ("two", 2))]
    outcome = run(*ladder, ladder="bits", name="facts")
    kept = [row.value for row in outcome.results if row.metric == "kept"]
    assert kept == pytest.approx([1.0, 0.75, 0.25])
    # Half is crossed midway between the second (0.75) and the third (0.25).
    (where,) = [row for row in outcome.results if row.metric == "collapse"]
    assert where.value == pytest.approx(2.5)
    assert where.low <= where.value <= where.high
    assert [trace.scores["drop"] for trace in outcome.data.traces] == pytest.approx([0.0, 0.2, 0.6])
    assert {trace.scores["collapse"] for trace in outcome.data.traces} == {where.value}
    assert [problem.question for problem in outcome.data.problems] == ["eight", "four", "two"]
    assert {trace.params["benchmark"] for trace in outcome.data.traces} == {"bits"}


def test_the_place_is_on_a_straight_line_and_one_beyond_where_nothing_falls():
    assert place(np.array([0.9, 0.1]), 0.5) == pytest.approx(1.5)
    assert place(np.array([0.0]), 0.5) == pytest.approx(0.5)
    assert place(np.array([0.9, 0.8]), 0.5) == 3.0
    assert place(np.array([0.5, 0.2]), 0.5) == pytest.approx(1.0)
    assert place(np.array([0.9]), 1.0) == 0.0


def test_an_order_chooses_among_all_that_is_there():
    every = [samples("two", 2), samples("dense", 8), samples("other", 1), samples("four", 4)]
    outcome = run(*every, order=("dense", "four", "two"))
    assert [problem.question for problem in outcome.data.problems] == ["four", "two"]
    assert [trace.scores["kept"] for trace in outcome.data.traces] == pytest.approx([0.5, 0.25])


def test_lengths_are_those_of_the_outcome_that_is_asked_for():
    ladder = [samples("dense", 10), samples("four", 5)]
    lengths = {
        of: run(*ladder, outcome=of).data.traces[0].scores["tokens"] for of in ("any", "correct", "wrong")
    }
    assert lengths == {"any": 6.5, "correct": 4.0, "wrong": 9.0}
    assert (
        "tokens" not in run(samples("dense", 10), samples("same", 10), outcome="wrong").data.traces[0].scores
    )


def test_only_the_asked_benchmarks_problems_count():
    both = []
    for name, right, other in (("dense", 10, 10), ("four", 5, 0)):
        first, second = samples(name, right), samples(name, other, source="u")
        both.append(Data(first.problems + second.problems, first.traces + second.traces))
    assert run(*both, benchmark="s").data.traces[0].scores["kept"] == 0.5
    assert run(*both, benchmark="u").data.traces[0].scores["kept"] == 0.0
    assert run(*both, field="source", keep=("s",)).data.traces[0].scores["kept"] == 0.5


def test_where_nothing_was_right_nothing_is_kept():
    outcome = run(samples("dense", 0), samples("four", 1))
    assert {row.metric for row in outcome.results} == {"drop", "tokens"}
    assert outcome.data.traces[0].scores == {"drop": pytest.approx(-0.1), "tokens": pytest.approx(8.5)}


def test_mistakes_are_named():
    dense = samples("dense", 5)
    with pytest.raises(LimbeckError, match="a compressed one"):
        run(dense)
    with pytest.raises(LimbeckError, match=r"no problem has samples of all models .benchmark='x'"):
        run(dense, samples("four", 1), benchmark="x")
    with pytest.raises(LimbeckError, match=r"unknown model 'dens'.*dense"):
        run(dense, samples("four", 2), order=("dens", "four"))
