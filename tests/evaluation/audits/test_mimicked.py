"""evaluation/mimicked: shapes of score and outcome, and what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.audits._additive import Design
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.problems.worlds.risks import risks
from limbeck.records import Data, Problem


def audited(data: Data, tmp_path, **more):
    return ready("evaluation/mimicked", per="table", ctx=Context(tmp_path), **more)(data)


def test_an_additive_table_is_read_off_exactly():
    # y = 1 + f(a) + g(b): f is 0, 3 and g is 0, -1, 4 less their means over these six cases.
    columns = {"a": list("xxxyyy"), "b": list("pqrpqr")}
    y_CK = np.array([[1.0], [0.0], [5.0], [4.0], [3.0], [8.0]])
    design = Design.of(columns)
    effect_FK = design.fit(y_CK)
    assert effect_FK[:, 0] == pytest.approx([-1.5, 1.5, -1.0, -2.0, 3.0], abs=1e-4)
    assert design.predicted(effect_FK, y_CK) == pytest.approx(y_CK, abs=1e-4)
    assert design.labels == [("a", "x"), ("a", "y"), ("b", "p"), ("b", "q"), ("b", "r")]


def test_the_bootstrap_spreads_as_a_mean_does():
    rng = np.random.default_rng(0)
    values = ["x", "y"] * 1000
    y_CK = rng.normal(size=(2000, 1))
    design = Design.of({"a": values})
    spread = design.draws(y_CK, 2000, rng)[:, 0, 0].std()
    # The effect is half of a difference of two means of 1,000.
    assert spread == pytest.approx(0.5 * (2 / 1000) ** 0.5, rel=0.15)


def test_what_is_weighed_amiss_is_flagged_and_the_hidden_is_missed(tmp_path):
    data = risks(n=8000, cases=4000, ignored=("a",), doubled=("b",), seed=7)
    hidden, shown = audited(data, tmp_path, without=["h"]), audited(data, tmp_path)
    for made in (hidden, shown):
        assert [trace.answer for trace in made.data.traces] == ["a b", "a b"]
        assert [trace.scores["power"] for trace in made.data.traces] == [1, 1]
    assert [trace.scores["rejects"] for trace in hidden.data.traces] == [1, 1]
    assert abs(shown.data.traces[0].scores["residual"]) < 4 / 4000**0.5
    bandless = audited(data, tmp_path, without=["h"], level=0.0)
    assert [trace.scores["spared"] for trace in bandless.data.traces] == [0, 0]
    # Of the score's variance, the hidden feature and the noise are what the mimic cannot explain.
    rest = 0.01 + 0.0009
    seen = np.var([p.meta["score"] for p in data.problems[:4000]])
    assert hidden.data.traces[0].scores["fidelity"] == pytest.approx(1 - rest / seen, abs=0.02)


def test_a_score_that_is_honest_is_spared(tmp_path):
    [trace] = audited(risks(n=4000, cases=4000, seed=8), tmp_path).data.traces
    assert (trace.answer, trace.scores["spared"], "power" in trace.scores) == ("", 1.0, False)


def test_bad_cases_are_named(tmp_path):
    data = risks(n=60, cases=60)
    with pytest.raises(LimbeckError, match="no feature 'hh'; did you mean 'h'"):
        audited(data, tmp_path, without=["hh"])
    with pytest.raises(LimbeckError, match="has 19 cases"):
        audited(Data(data.problems[:19]), tmp_path)
    with pytest.raises(LimbeckError, match="no case"):
        audited(Data(), tmp_path)
    odd = Problem(id="odd", question="q", answer="2", meta={**data.problems[0].meta})
    with pytest.raises(LimbeckError, match="'odd' needs a number and an outcome"):
        audited(Data([*data.problems, odd]), tmp_path)
