"""Failures told apart by hand: the right answer in a wrong form is no wrong answer."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline import metrics
from limbeck.records import Problem, Trace, Verdict

PROBLEM = Problem(id="p", question="?", answer="12")
SAMPLES = [
    ("12", "correct", "stop"),
    ("The answer is 12.", "wrong", "stop"),
    ("\\boxed{12}", "unparsed", "stop"),
    ("13", "wrong", "stop"),
    ("It is 13.", "wrong", "stop"),
    ("", "unparsed", "stop"),
    ("First, 4 + 9 = 13", "unparsed", "length"),
    ("12", "correct", "stop"),
]


def share(kind: str, samples=SAMPLES) -> float:
    traces = [
        Trace(id=str(at), problem_id="p", answer=text, finish=finish, verdicts=[Verdict("exact", outcome)])
        for at, (text, outcome, finish) in enumerate(samples)
    ]
    metric = metrics.read({"failures_at": {"kind": kind, "verifier": "math"}})
    return metric.function(PROBLEM, traces)


@pytest.mark.parametrize(("kind", "wanted"), [("format", 2 / 8), ("answer", 2 / 8), ("nothing", 2 / 8)])
def test_each_failure_is_of_one_kind(kind, wanted):
    assert share(kind) == pytest.approx(wanted)


def test_a_right_answer_is_never_a_failure():
    assert [share(kind, SAMPLES[:1]) for kind in ("format", "answer", "nothing")] == [0.0] * 3


def test_another_kind_is_refused():
    with pytest.raises(LimbeckError, match=r"'kind'.*'form'"):
        share("form")
