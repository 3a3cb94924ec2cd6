"""curation/pass_rate: how often a problem is solved, over models."""

from __future__ import annotations

import pytest

from limbeck.curation.score.pass_rate import pass_rate
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace, Verdict


def trace(name: str, outcome: str = "correct", problem: str = "p", **more) -> Trace:
    verdicts = [Verdict("test", outcome)] if outcome != "unknown" else []  # type: ignore[arg-type]
    return Trace(**{"id": name, "problem_id": problem, "answer": name, "verdicts": verdicts, **more})


def one(*traces: Trace) -> Data:
    return Data([Problem(id="p", question="What?")], list(traces))


def test_pass_rate_grades_over_models():
    data = one(
        *[
            trace(f"{m}{i}", o, model=m)
            for m, os in {"a": ["correct", "wrong"], "b": ["wrong", "unparsed"], "c": ["timeout"]}.items()
            for i, o in enumerate(os)
        ]
    )
    meta = pass_rate(data).problems[0].meta
    assert meta["pass_rate"] == 0.25
    assert meta["judged"] == 4
    assert meta["pass_rates"] == {"a": 0.5, "b": 0.0}
    assert meta["pass_rate_cv"] == pytest.approx(((1 - 0.25) / 0.25) ** 0.5)
    assert pass_rate(data, low=0.3).problems[0].marks == ["too_hard"]
    assert pass_rate(data, high=0.2).problems[0].marks == ["too_easy"]
    assert pass_rate(one(trace("x", "unknown")), low=0.5).problems[0].marks == []
    with pytest.raises(LimbeckError, match=r"low=0\.8"):
        pass_rate(data, low=0.8, high=0.2)
