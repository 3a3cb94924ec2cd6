"""problems/risks: what a score weighs amiss is known."""

from __future__ import annotations

import numpy as np
import pytest

from limbeck.errors import LimbeckError
from limbeck.problems.worlds.risks import EFFECTS, NOISE, risks


def test_score_and_outcome_follow_the_effects():
    data = risks(n=4000, cases=1000, ignored=("a",), doubled=("b",))
    assert len({problem.meta["table"] for problem in data.problems}) == 4
    rests = {"score": [], "outcome": []}
    for problem in data.problems:
        effects = {name: EFFECTS[name][value] for name, value in problem.meta["features"].items()}
        risk = 0.5 + sum(effects.values())
        rests["score"].append(problem.meta["score"] - risk + effects["a"] - effects["b"])
        rests["outcome"].append(int(problem.answer) - risk)
    assert abs(np.std(rests["score"]) - NOISE) < 0.002
    assert abs(np.mean(rests["outcome"])) < 3 * 0.5 / 4000**0.5
    assert data.problems[0].meta["amiss"] == ["a", "b"]
    # No sum of effects leaves the probabilities.
    assert sum(max(map(abs, values)) for values in EFFECTS.values()) < 0.5


def test_an_unknown_feature_is_named():
    with pytest.raises(LimbeckError, match="feature 'z'"):
        risks(ignored=("z",))
