"""`evaluation/behaviours` on a trace whose steps are known, and on the planted world."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.records import Data, Problem, Trace

STEPS = [
    "Tom begins with 12 marbles.",
    "Tom gets 5, so 12 + 5 = 17.",
    "Let me double-check: 17 less 5 is 12.",
    "Alternatively, pair them up.",
    "Tom gets 5, so 12 + 5 = 17.",
]
LABELS = ["", "", "check", "turn", "repeat"]


def data(labels: list[str] | None = None) -> Data:
    params = {"labels": labels or LABELS, "planted": {"check": 0.2, "left": 0.5}}
    trace = Trace(id="t", problem_id="p", reasoning="\n\n".join(STEPS), answer="17", params=params)
    return Data([Problem(id="p", question="Tom has some. How many?", answer="17", source="toy")], [trace])


def values(made) -> dict[str, float]:
    return {row.metric.removeprefix("score@"): row.value for row in made.results}


def measured(given: Data, **more) -> dict[str, float]:
    return values(ready("evaluation/behaviours", **more)(given, ctx=Context(None)))


def test_shares_and_quality_are_as_worked_out_by_hand():
    told = measured(data())
    assert told["repeat"] == told["check"] == told["turn"] == pytest.approx(1 / 5)
    assert told["left"] == 0  # both ways hold 17
    assert all(told[f"{word}/{kind}"] == 1 for word in ("precision", "recall") for kind in LABELS if kind)


def test_a_behaviour_that_words_miss_lowers_recall_and_one_that_is_none_precision():
    told = measured(data(["check", "", "check", "", "repeat"]))
    assert told["recall/check"] == pytest.approx(1 / 2)
    assert told["precision/check"] == 1
    assert told["precision/turn"] == 0
    assert "recall/turn" not in told


def test_planted_shares_are_read_as_they_are():
    assert measured(data(), planted=True) == {"check": 0.2, "left": 0.5}
    bare = Data(data().problems, [Trace(id="t", problem_id="p", reasoning="x")])
    with pytest.raises(LimbeckError, match="planted"):
        measured(bare, planted=True)


def test_every_planted_kind_is_mostly_told_by_its_words():
    habits = {"repeated": 0.3, "easy_checks": 0.5, "checks": 0.5, "left": 0.2, "unusual": 0.0}
    told = measured(ready("problems/deliberations", n=60, solve="steps", **habits)())
    assert all(told[f"recall/{kind}"] > 0.9 for kind in ("repeat", "check", "turn"))
