"""Every number that an objective takes has a range, and what is outside is refused before any training."""

from __future__ import annotations

import math

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline import bounds
from limbeck.pipeline.parameters import ready
from limbeck.pipeline.registry import methods

NUMBERS = [
    pytest.param(entry, parameter, id=f"{entry.name}.{name}")
    for entry in methods("objectives").values()
    for name, parameter in entry.params.items()
    if {"int", "float"} & {*parameter.annotation.replace("[", " ").replace(",", " ").split()}
]


def outside(parameter) -> list[float]:
    """Values just beyond a parameter's limits, and what is no number."""
    beyond = [math.nan, math.inf] if "float" in parameter.annotation else []
    for name, limit in parameter.bounds.items():
        step = 1 if "int" in parameter.annotation else 0.01
        if abs(limit) < bounds.ENDLESS:
            beyond.append({"ge": limit - step, "gt": limit, "le": limit + step, "lt": limit}[name])
    return beyond


@pytest.mark.parametrize(("entry", "parameter"), NUMBERS)
def test_a_number_has_a_range_and_its_default_is_within(entry, parameter):
    assert parameter.bounds, f"annotate {parameter.name} with a range of limbeck.types"
    assert bounds.hold(parameter.bounds, parameter.default)
    assert bounds.text(parameter.bounds)


@pytest.mark.parametrize(("entry", "parameter"), NUMBERS)
def test_what_is_beyond_is_refused_with_name_range_and_value(entry, parameter):
    many = parameter.annotation.startswith("tuple")
    for value in outside(parameter):
        with pytest.raises(LimbeckError, match=rf"{parameter.name}.*{bounds.text(parameter.bounds)}, got"):
            ready(entry.key, **{parameter.name: [value] if many else value})


def test_settings_that_trained_another_thing_than_they_say():
    for key, setting, words in (
        ("kd", {"ce": 2}, r"'ce' is 0 to 1, got 2"),  # away from the teacher
        ("simpo", {"beta": 0}, r"'beta' is above 0, got 0"),  # nothing
        ("dpo", {"beta": -0.1}, r"'beta' is above 0, got -0\.1"),  # the rejected traces
        ("ipo", {"beta": 0}, r"'beta' is above 0"),  # towards an endless margin
        ("kd", {"divergence": "revrese"}, "reverse"),
    ):
        with pytest.raises(LimbeckError, match=words):
            ready(f"objectives/{key}", **setting)
