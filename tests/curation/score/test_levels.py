"""curation/levels and sample_problems by a number: thirds of a set, and its highest."""

from __future__ import annotations

import pytest

from limbeck.curation.score.levels import levels
from limbeck.curation.select.sample_problems import sample_problems
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Problem


def graded(numbers: list, shards: int = 1, marked: tuple[int, ...] = ()) -> MemoryShards:
    made = [
        Problem(id=str(at), question=str(at), meta={"rate": number}, marks=["out"] * (at in marked))
        for at, number in enumerate(numbers)
    ]
    size = -(-len(made) // shards)
    return MemoryShards([Data(made[at : at + size]) for at in range(0, len(made), size)])


def levels_of(shards: MemoryShards, tmp_path, **settings) -> list:
    made = Data.join(levels(shards, by="rate", ctx=Context(tmp_path), **settings))
    return [problem.meta.get("level") for problem in made.problems]


def test_thirds_from_the_lowest_on_over_all_shards(tmp_path):
    numbers = [0.9, 0.1, 0.5, 0.2, 0.6, 0.8]
    assert levels_of(graded(numbers, shards=3), tmp_path) == [3, 1, 2, 1, 2, 3]
    assert levels_of(graded(numbers), tmp_path, n=2) == [2, 1, 1, 1, 2, 2]
    assert levels_of(graded(numbers), tmp_path, n=1) == [1] * 6


def test_equals_share_a_level_and_who_has_no_number_has_none(tmp_path):
    # Ranks 2 and 4.5 of 5: their middles lie at 0.3 and 0.8 of the set.
    assert levels_of(graded([3, 3, 3, 5, 5, None]), tmp_path) == [1, 1, 1, 3, 3, None]
    assert levels_of(graded([1, 2, 3, 9], marked=(3,)), tmp_path) == [1, 2, 3, None]


def test_a_field_that_nobody_has(tmp_path):
    with pytest.raises(LimbeckError, match="has a number in 'rates'; did you mean 'rate'"):
        list(levels(graded([1, 2]), by="rates", ctx=Context(tmp_path)))


def taken(shards: MemoryShards, **settings) -> list[str]:
    made = Data.join(sample_problems(shards, **settings))
    return [problem.id for problem in made.problems if not problem.marks]


def test_the_highest_or_the_lowest_of_the_whole_set():
    shards = graded([0.5, None, 1.7, 1.0, float("nan"), 3.0], shards=2, marked=(5,))
    assert taken(shards, n=2, by="rate") == ["2", "3"]
    assert taken(shards, n=2, by="rate", lowest=True) == ["0", "3"]
    assert {*taken(shards, n=4, by="rate")} > {"0", "2", "3"}, "who has no number comes last"
    with pytest.raises(LimbeckError, match="no unmarked problem has a number in 'cv'"):
        taken(shards, n=2, by="cv")


def test_equals_are_drawn_by_seed():
    shards = graded([1] * 40)
    assert taken(shards, n=10, by="rate") == taken(shards, n=10)
    assert taken(shards, n=10, by="rate", seed=1) != taken(shards, n=10, by="rate")
