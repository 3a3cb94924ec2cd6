"""Numbers of problems that stand for an AUC."""

import itertools

import numpy as np
import pytest

from limbeck.evaluation.instruments._ranking import auc_by_problem


def test_their_mean_is_the_area_over_all_pairs():
    rng = np.random.default_rng(0)
    right, value, problem = rng.random(40) < 0.4, np.round(rng.random(40), 1), np.arange(40) % 7
    pairs = itertools.product(value[right], value[~right])
    whole = np.mean([(above > under) + (above == under) / 2 for above, under in pairs])
    assert np.mean(auc_by_problem(right, value, problem, 7)) == pytest.approx(whole)


def test_the_interval_is_as_wide_as_the_area_varies():
    rng = np.random.default_rng(1)
    right, means, spreads = np.arange(100) % 2 == 0, [], []
    for _ in range(400):
        numbers = auc_by_problem(right, rng.normal(size=100) + right, np.arange(100), 100)
        means.append(numbers.mean())
        spreads.append(numbers.std(ddof=1) / 10)
    assert np.mean(spreads) == pytest.approx(np.std(means), rel=0.12)
