"""How often a rule is right, where that can be said beforehand."""

from __future__ import annotations

import random

import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.instruments.trials import trials
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict


def stored(rates: list[float], n: int = 16, seed: int = 0) -> Data:
    rng, data = random.Random(seed), Data()
    for number, rate in enumerate(rates):
        data.problems.append(Problem(id=f"p{number}", question="?", source="toy", split="test"))
        for at in range(n):
            outcome = "correct" if rng.random() < rate else "wrong"
            trace = Trace(id=f"p{number}#{at}", problem_id=f"p{number}", verdicts=[Verdict("exact", outcome)])
            data.traces.append(trace)
    return data


def rate(data: Data, folder, rule: str, **settings) -> float:
    made = trials(data, rule=rule, ctx=Context(folder), **{"repeats": 300, **settings})
    assert len(made.data.traces) == made.results[0].n == settings.get("repeats", 300)
    return made.results[0].value


MIXED = [0.05, 0.5, 0.95] * 300


def test_intervals_over_problems_hold_the_truth_and_pooled_ones_do_not(tmp_path):
    data = stored(MIXED)
    assert 0.91 <= rate(data, tmp_path, "interval", problems=60) <= 0.99
    # Samples of a problem resemble each other: as if each were a problem the interval is too narrow by half.
    assert rate(data, tmp_path, "pooled", problems=60) < 0.75


def test_one_sample_against_another_finds_gains_that_a_paired_test_does_not(tmp_path):
    data = stored(MIXED)
    assert 0.35 <= rate(data, tmp_path, "once", problems=60) <= 0.65
    assert rate(data, tmp_path, "paired", problems=60, n=4) >= 0.95
    # Whoever wants ten points more is fooled less often.
    assert rate(data, tmp_path, "once", problems=60, by=0.1) > rate(data, tmp_path, "once", problems=60)


def test_a_model_that_never_errs_is_never_misreported(tmp_path):
    data = stored([1.0] * 20)
    for rule in ("interval", "pooled", "once", "paired"):
        assert rate(data, tmp_path, rule, problems=10, repeats=20) == 1.0


def test_too_few_samples_are_said(tmp_path):
    with pytest.raises(LimbeckError, match="takes 18 samples of a problem, one has 16"):
        rate(stored([0.5] * 10), tmp_path, "paired", n=9)
    with pytest.raises(LimbeckError, match="needs 2 samples"):
        rate(stored([0.5] * 10, n=1), tmp_path, "once")
