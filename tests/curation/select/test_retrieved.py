"""Rows retrieved for a task: likeness by hand, both sides, and what no word leads to."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards, split
from limbeck.problems.worlds.datasets import datasets
from limbeck.records import Data, Problem
from limbeck.retrieval.words import Passages

retrieved = flat("curation/retrieved")


def rows(*pairs: tuple[str, str]) -> Data:
    return Data(
        [
            Problem(id=f"r{at}", question=question, answer=answer, source="s")
            for at, (question, answer) in enumerate(pairs)
        ]
    )


def left(data: Data, task: Data, size: int = 100, heard: list | None = None, **settings) -> dict[str, float]:
    ctx = Context(Path("."), report=heard.append if heard is not None else lambda event: None)
    made = Data.join(retrieved(MemoryShards(list(split(data, size))), task, ctx=ctx, **settings))
    assert all(each.marks == ["not_retrieved"] for each in made.problems if "retrieval" not in each.meta)
    return {each.id: each.meta["retrieval"] for each in made.problems if not each.marks}


STORE = rows(
    ("how many pears", "three"), ("how many", "pears"), ("name a city", "three"), ("what is it", "Rome")
)


def test_likeness_is_the_mean_of_both_sides_in_shares_of_the_best():
    task = rows(("pears", "three"))
    # Of the questions only the first has the word, and so is the best; two answers are equally good.
    assert left(STORE, task) == {"r0": 1.0, "r2": 0.5}
    assert left(STORE, task, answers=0.0) == {"r0": 1.0}
    assert left(STORE, task, answers=1.0) == {"r0": 1.0, "r2": 1.0}
    assert left(STORE, task, n=1) == {"r0": 1.0}


def test_without_answers_the_questions_weigh_all_and_an_instruction_is_one_more():
    task = Data([Problem(id="t", question="many")])
    values = Passages([row.question for row in STORE.problems]).scores("many")
    assert left(STORE, task) == {"r0": values[0] / values[1], "r1": 1.0}
    assert left(STORE, Data(), instruction="a city") == {"r2": 1.0}


def test_shards_change_nothing_and_marked_rows_are_neither_left_nor_marked_again():
    data = rows(*((f"how many pears {at}", "three") for at in range(7)))
    data.problems[0].marks = ["seen"]
    task = rows(("pears 0 1 2 3", "three"))
    made = Data.join(retrieved(MemoryShards([data]), task, n=2, ctx=Context(Path("."))))
    assert made.problems[0] == data.problems[0]
    whole = [each.id for each in made.problems if not each.marks]
    assert len(whole) == 2
    parts = Data.join(retrieved(MemoryShards(list(split(data, 2))), task, n=2, ctx=Context(Path("."))))
    assert [each.id for each in parts.problems if not each.marks] == whole


def test_what_is_retrieved_from_a_store_is_of_the_kind_the_task_asks_for():
    store, task = datasets(n=400), datasets(part="task", n=5, seed=1)
    heard: list = []
    taken = left(store, task, n=60, heard=heard)
    relevant = {row.id for row in store.problems if row.meta["valid"]}
    assert len(taken) == 60
    assert len(relevant & taken.keys()) >= 57
    assert "of 400 rows retrieved" in heard[-1]["message"]


def test_a_task_of_nothing_is_a_mistake():
    with pytest.raises(LimbeckError, match="the task has neither examples nor an instruction"):
        left(STORE, Data())
