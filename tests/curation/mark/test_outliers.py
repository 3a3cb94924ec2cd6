"""Scores far from what is usual: the limit of each domain, by hand, and what has no score."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards, split
from limbeck.records import Data, Problem, Trace

outliers = flat("curation/outliers")
perplexity = flat("curation/perplexity")


def scored(values: dict[str, list[object]]) -> Data:
    return Data(
        [
            Problem(id=f"{domain}{at}", question="q", source=domain, meta={"loss": value})
            for domain, each in values.items()
            for at, value in enumerate(each)
        ]
    )


def marks(data: Data, size: int = 100, heard: list | None = None, **settings) -> dict[str, list[str]]:
    ctx = Context(Path("."), report=heard.append if heard is not None else lambda event: None)
    settings = {"score": "loss", "log": False, "fewest": 3, **settings}
    made = Data.join(outliers(MemoryShards(list(split(data, size))), ctx=ctx, **settings))
    return {problem.id: problem.marks for problem in made.problems if problem.marks}


# Median 3, deviations 2 1 0 1 2: their median is 1, so that a robust deviation is 1.4826.
EASY = [1.0, 2.0, 3.0, 4.0, 5.0]


def test_the_limit_is_so_many_robust_deviations_from_the_median():
    data = scored({"a": [*EASY, 3.0, 3.0 + 2.9652]})
    assert marks(data, high=2.0) == {}
    assert marks(data, high=1.99) == {"a6": ["high_loss"]}
    assert marks(data, high=0.0, low=1.3) == {"a0": ["low_loss"]}


def test_each_domain_has_a_limit_of_its_own_whatever_the_shards():
    hard = [value + 100 for value in EASY]
    data = scored({"a": [*EASY * 4, 20.0], "b": [*hard, 120.0]})
    alone = {"a20": ["high_loss"], "b5": ["high_loss"]}
    assert marks(data, high=4.0) == alone
    assert marks(data, size=2, high=4.0) == alone
    # One limit for all deletes the harder domain whole.
    together = {f"b{at}": ["high_loss"] for at in range(6)}
    assert marks(data, high=4.0, per="") == {"a20": ["high_loss"], **together}


def test_what_has_no_number_stays_and_is_counted():
    data = scored({"a": [*EASY, math.nan, None, "7", True, 99.0]})
    heard: list = []
    assert marks(data, heard=heard) == {"a9": ["high_loss"]}
    assert next(event["message"] for event in heard if event["kind"] == "log") == (
        "4 problems without a number as 'loss' stay as they are"
    )


def test_a_domain_of_few_or_of_one_value_is_left_alone():
    assert marks(scored({"a": [*EASY, 99.0]}), fewest=7) == {}
    assert marks(scored({"a": [1.0, 1.0, 1.0, 1.0, 99.0]})) == {}


def test_logarithms_are_compared_where_wanted():
    data = scored({"a": [math.exp(value) for value in [*EASY, 13.0]] + [0.0]})
    assert marks(data, log=True, high=4.0) == {"a5": ["high_loss"]}


def test_traces_are_compared_by_their_problems_domain():
    data = scored({"a": [0.0], "b": [0.0]})
    data.traces = [
        Trace(id=f"{domain}{at}", problem_id=f"{domain}0", scores={"loss": value})
        for domain, each in {"a": [*EASY, 50.0], "b": [value + 50 for value in EASY]}.items()
        for at, value in enumerate(each)
    ]
    made = Data.join(
        outliers(
            MemoryShards([data]), grain="traces", score="loss", log=False, fewest=3, ctx=Context(Path("."))
        )
    )
    assert [trace.id for trace in made.traces if trace.marks] == ["a5"]
    assert not any(problem.marks for problem in made.problems)


def test_a_score_that_nobody_has_is_a_mistake():
    with pytest.raises(LimbeckError, match="no problem has a score 'los'; did you mean 'loss'"):
        marks(scored({"a": EASY}), score="los")


def test_documents_are_scored_where_questions_stand():
    data = Data([Problem(id="a", question="one two"), Problem(id="b", question="x", marks=["seen"])])
    made = perplexity(data, model=Scripted([""]), grain="problems", most=2.0, ctx=Context(Path(".")))
    # A scripted model gives a word one nat.
    assert made.problems[0].meta["perplexity"] == pytest.approx(math.e)
    assert made.problems[0].marks == ["improbable"]
    assert made.problems[1] == data.problems[1]
    assert "perplexity" not in data.problems[0].meta
