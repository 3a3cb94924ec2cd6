"""pass@k of two models k by k, and where difficulty goes: by hand and by all subsets."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.instruments.boundary import boundary, crossing
from limbeck.evaluation.instruments.transitions import transitions
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict


def stored(*right: list[int], model: str = "m") -> Data:
    """Problems with samples that are right (1) or wrong (0)."""
    data = Data()
    for number, samples in enumerate(right):
        data.problems.append(Problem(id=f"p{number}", question="?", source="toy", split="test"))
        for at, good in enumerate(samples):
            trace = Trace(id=f"p{number}#{model}{at}", problem_id=f"p{number}", model=model)
            trace.verdicts = [Verdict("exact", "correct" if good else "wrong")]
            data.traces.append(trace)
    return data


def by_name(made) -> dict[str, float]:
    return {row.metric: row.value for row in made.results}


BASE = stored([1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0])
TRAINED = stored([1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0], model="t")


def test_gaps_coverage_and_crossover_by_hand(tmp_path):
    made = boundary(BASE, TRAINED, k=(1, 2, 3, 4), ctx=Context(tmp_path))
    told = by_name(made)
    # The base has 3/16, 3/8, 9/16, 3/4; the trained one 1/2 throughout.
    wanted = {"gap@1": 1 / 2 - 3 / 16, "gap@2": 1 / 8, "gap@3": -1 / 16, "gap@4": -1 / 4}
    assert {name: told[name] for name in wanted} == pytest.approx(wanted)
    shares = {"both": 1 / 2, "base only": 1 / 4, "trained only": 0, "neither": 1 / 4}
    assert {name: told[name] for name in shares} == shares
    assert told["crossover"] == 3
    assert told["efficiency gap"] == pytest.approx(3 / 4 - 1 / 2)
    scores = [trace.scores["gap@4"] for trace in made.data.traces]
    assert np.mean(scores) == pytest.approx(told["gap@4"])


def test_gaps_are_those_of_all_subsets(tmp_path):
    rng = random.Random(0)
    sides = [[[rng.random() < 0.3 for _ in range(6)] for _ in range(5)] for _ in range(2)]
    told = by_name(boundary(stored(*sides[0]), stored(*sides[1]), k=(1, 2, 5), ctx=Context(tmp_path)))
    for k in (1, 2, 5):
        base, trained = (
            np.mean([np.mean([any(each) for each in combinations(row, k)]) for row in side]) for side in sides
        )
        assert told[f"gap@{k}"] == pytest.approx(trained - base, abs=1e-9)


def test_a_trained_model_that_is_always_better_never_crosses(tmp_path):
    notes: list = []
    ctx = Context(tmp_path, report=lambda event: notes.append(event["message"]))
    made = boundary(stored(*[[0] * 4] * 4), stored(*[[1] * 4] * 4, model="t"), ctx=ctx)
    assert "crossover" not in by_name(made)
    assert notes == ["the base is never as good within 4 samples in 100.0 % of bootstrap draws"]


@pytest.mark.parametrize(
    ("gaps", "place"), [([0.2, 0.1, 0.0, -0.1], 2), ([0.2, -0.1, 0.1, -0.1], 3), ([-1, 0], 0), ([1, 1], 2)]
)
def test_it_crosses_where_it_is_never_above_again(gaps, place):
    assert crossing(np.array(gaps)) == place


def test_what_cannot_be_held_together_is_said(tmp_path):
    with pytest.raises(LimbeckError, match=r"k=\[9\]; every problem has 4 samples"):
        boundary(BASE, TRAINED, k=(9,), ctx=Context(tmp_path))
    with pytest.raises(LimbeckError, match="no problem of elsewhere in common"):
        boundary(BASE, TRAINED, benchmark="elsewhere", ctx=Context(tmp_path))


def test_transitions_by_hand_and_rows_add_up(tmp_path):
    made = transitions(BASE, TRAINED, edges=(1, 3), ctx=Context(tmp_path))
    assert by_name(made) == pytest.approx(
        {"from 0 to 0": 1, "from 1-2 to 0": 1 / 3, "from 1-2 to 3-": 2 / 3, "change from 0": 0,
         "change from 1-2": (3 / 4 + 3 / 4 - 1 / 4) / 3}
    )  # fmt: skip
    assert [trace.scores["bin"] for trace in made.data.traces][::4] == [1, 1, 1, 0]


def test_rows_of_many_problems_add_up_to_one(tmp_path):
    rng = random.Random(1)
    sides = [[[rng.random() < rng.random() for _ in range(20)] for _ in range(60)] for _ in range(2)]
    made = transitions(stored(*sides[0]), stored(*sides[1]), ctx=Context(tmp_path))
    sums: dict[str, float] = {}
    for name, value in by_name(made).items():
        if name.startswith("from"):
            sums[name.split(" to ")[0]] = sums.get(name.split(" to ")[0], 0) + value
    assert list(sums.values()) == pytest.approx([1] * len(sums))


def test_bins_need_as_many_samples_and_rising_edges(tmp_path):
    with pytest.raises(LimbeckError, match="4 samples before and 2 after"):
        transitions(BASE, stored([1, 0]), ctx=Context(tmp_path))
    with pytest.raises(LimbeckError, match=r"edges=\[5, 1\]"):
        transitions(BASE, TRAINED, edges=(5, 1), ctx=Context(tmp_path))
