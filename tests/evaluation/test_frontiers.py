"""Frontiers, areas and boundaries worked out by hand, and tables that lack an interval."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.frontiers import area, boundary, on_front, table
from limbeck.records import Result


def test_a_model_that_is_worse_and_longer_is_behind_the_front():
    # whole, compressing (as accurate, shorter), truncating (as short, less accurate), tiny
    front = on_front([0.9, 0.9, 0.5, 0.2], [100, 40, 40, 10])
    assert front.tolist() == [False, True, False, True]
    assert on_front([0.5, 0.5], [10, 10]).tolist() == [True, True]


def test_the_area_is_the_mean_accuracy_within_budgets():
    # 0 up to 10 tokens, 0.2 up to 40, 0.9 up to 100.
    assert area([0.9, 0.2], [40, 10], most=100) == pytest.approx((30 * 0.2 + 60 * 0.9) / 100)
    assert area([0.9, 0.2], [10, 40], most=100) == pytest.approx(90 * 0.9 / 100)
    assert area([0.9], [200], most=100) == 0
    assert area([0.3], [20]) == 0


def test_the_boundary_is_the_last_level_solved_in_a_row():
    assert boundary([0.9, 0.5, 0.4, 0.9], 0.5) == 2
    assert boundary([0.4, 0.9], 0.5) == 0
    assert boundary([0.9, 0.9], 0.5) == 2


def test_a_table_without_the_interval_of_an_accuracy_is_refused():
    rows = [
        Result(model="m", benchmark="b", metric="accuracy", value=0.5, low=0.4, high=0.6, unit="share"),
        Result(model="m", benchmark="b", metric="mean_tokens", value=12, unit="tokens"),
    ]
    told = table(rows, ("accuracy", "mean_tokens"))
    assert told.splitlines()[2] == "| m | 50.0 % [40.0, 60.0] | 12.0 tokens |"
    with pytest.raises(LimbeckError, match="'m' has no eta"):
        table(rows, ("accuracy", "eta"))
    rows[0].low = None
    with pytest.raises(LimbeckError, match="accuracy of 'm' has no interval"):
        table(rows, ("accuracy",))
