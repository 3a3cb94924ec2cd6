"""Ranges that annotations declare: read from the text, shown, and held when a plan is made."""

from __future__ import annotations

import math

import pytest
from methods_of_ones_own import House

from limbeck.errors import LimbeckError
from limbeck.pipeline import bounds
from limbeck.pipeline.registry import method
from limbeck.pipeline.schema import schema

ABOVE = """
from typing import Annotated
from msgspec import Meta
import msgspec
from limbeck.types import Settings, Share

Small = Annotated[float, msgspec.Meta(gt=0, lt=0.1)]

class Many(Settings, frozen=True):
    part: Share = 0.5
"""
SIGNATURE = (
    ", *, share: Share = 0.5, small: Small = 0.05, few: list[Annotated[int, Meta(ge=1)]] = (1,), "
    "maybe: Share | None = None, plain: float = 7.0, most: Annotated[float, Meta(gt=1)] = 2, "
    "many: Many = Many(part=0.25)"
)


@pytest.fixture
def house(tmp_path, monkeypatch) -> House:
    monkeypatch.setenv("LIMBECK_PATH", str(tmp_path / "house"))
    made = House(tmp_path)
    made.curation("mine", SIGNATURE, above=ABOVE)
    return made


@pytest.mark.parametrize(
    "setting",
    [
        {"share": 0}, {"share": 1}, {"small": 0.09}, {"few": [1, 2]}, {"maybe": None}, {"maybe": 0.5},
        {"plain": -math.inf}, {"part": 1}, {"share": "1e-1"},
    ],
)  # fmt: skip
def test_what_lies_within_is_taken(house, setting):
    house.plan_of("curation/mine", **setting)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"share": 1.5}, r"stage 'x': parameter 'share' is 0 to 1, got 1\.5"),
        ({"share": math.nan}, "'share' is 0 to 1, got nan"),
        ({"small": 0}, r"'small' is above 0 and below 0\.1, got 0"),
        ({"few": [2, 0]}, r"'few' is at least 1, got \[2, 0\]"),
        ({"maybe": -1}, "'maybe' is 0 to 1, got -1"),
        ({"most": 1}, "'most' is above 1, got 1"),
        ({"most": math.inf}, "'most' is above 1, got inf"),
        ({"part": -0.1}, r"'part' is 0 to 1, got -0\.1"),
        ({"share": "1e1"}, "'share' is 0 to 1, got '1e1'"),
    ],
)
def test_what_lies_outside_is_refused_when_the_plan_is_made(house, setting, words):
    with pytest.raises(LimbeckError, match=words):
        house.plan_of("curation/mine", **setting)


def test_a_range_is_shown_to_people_and_editors(house):
    params = method("curation/mine").params
    assert params["share"].shown == "float, 0 to 1"
    assert params["plain"].shown == "float"
    told = schema()["definitions"]["curation/mine"]["properties"]
    assert (told["share"]["minimum"], told["share"]["maximum"]) == (0, 1)
    assert told["small"]["exclusiveMinimum"] == 0
    assert "maximum" not in told["most"]


def test_no_limit_is_no_words():
    assert bounds.text({}) == ""
    assert bounds.text({"ge": -1e300, "le": 1e300}) == "finite"
    assert bounds.hold({}, "any")
    assert bounds.hold({"ge": 1}, True)
