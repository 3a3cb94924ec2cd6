"""Accuracy among what was perceived, and scores that tell kinds apart, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation import samples
from limbeck.pipeline import metrics
from limbeck.records import Data, Problem, Trace, Verdict


def drawn(*rows: list[tuple[bool, bool, str, float]]) -> Data:
    """Of each problem's samples: right, perceived, why, and a score."""
    data = Data()
    for at, group in enumerate(rows):
        data.problems.append(Problem(id=f"p{at}", question="q", source="s"))
        for number, (right, seen, why, score) in enumerate(group):
            data.traces.append(
                Trace(
                    id=f"p{at}#{number}", problem_id=f"p{at}", params={"why": why},
                    verdicts=[Verdict("exact", "correct" if right else "wrong")],
                    scores={"perceived": float(seen), "near": score},
                )
            )  # fmt: skip
    return data


def value(data: Data, spec: object) -> float:
    [group] = samples.groups(data)
    numbers = samples.per_problem(group, metrics.read(spec, "test"))
    return float(np.mean([*numbers.values()]))


DATA = drawn(
    [(True, True, "right", 0.0), (False, True, "habit", 0.9), (False, False, "habit", 0.4)],
    [(True, True, "right", 0.0), (False, True, "slip", 0.4), (False, True, "slip", 0.1)],
)


def test_what_is_right_and_perceived_over_what_is_perceived():
    assert value(DATA, "pass_perceived") == pytest.approx(2 / 5)
    # Nothing is right that was not perceived: accuracy is this times the share that was.
    assert value(DATA, "pass@1") == pytest.approx(2 / 5 * 5 / 6)
    with pytest.raises(LimbeckError, match="pass_perceived has no number for any problem"):
        value(drawn([(False, False, "habit", 0.0)]), "pass_perceived")


def test_the_chance_that_one_kind_scores_higher():
    spec = {"trace_auc": {"score": "near", "param": "why", "above": "habit", "below": "slip"}}
    # 0.9 beats both; 0.4 ties with one and beats the other.
    assert value(DATA, spec) == pytest.approx((1 + 0.75) / 2)
    with pytest.raises(LimbeckError, match="has no number for any problem"):
        value(drawn([(False, True, "habit", 0.1)]), spec)


def test_a_metric_that_is_none_is_named():
    with pytest.raises(LimbeckError, match="pass_perceive"):
        metrics.read("pass_perceive", "test")
