"""How numbers are written."""

from __future__ import annotations

import pytest

from limbeck import units


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        (0.7471, "share", "74.7 %"),
        (11.5, "tokens", "11.5 tokens"),
        (0.217, "nats", "0.217 nats"),
        (1.948, "nats", "1.948 nats"),
        (2.5, "seconds", "2.50 s"),
        (0.41234, "score", "0.412"),
        (13.9, "characters", "13.9 characters"),
        (1392.0, "characters", "1392 characters"),
        (3.5, "", "3.5"),
    ],
)
def test_a_number_is_written_with_its_unit(value, unit, wanted):
    assert units.shown(value, unit) == wanted


def test_an_interval_and_a_difference_are_in_the_same_unit():
    assert units.shown(0.747, "share", 0.7, 0.8) == "74.7 % [70.0, 80.0]"
    assert units.shown(0.747, "share", 0.7, None) == "74.7 %"
    assert units.bare(-0.0213, "nats", "+") == "-0.021"
    assert units.bare(0.021, "share", "+") == "+2.1"


def test_a_p_value_is_never_0():
    assert units.chance(0.0002) == "<0.001"
    assert units.chance(0.0005) == "0.001"
    assert units.chance(0.0324) == "0.032"
