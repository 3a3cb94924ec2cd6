"""``--limit N`` keeps the first N problems of every stage that brings some."""

from __future__ import annotations

import pytest
from house_cases import plan

from limbeck.errors import LimbeckError
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes
from limbeck.pipeline import store
from limbeck.pipeline.limits import first
from limbeck.pipeline.runner import run
from limbeck.records import Data, Pair, Problem, Trace

RAW = {"stages": {
    "digits": {"use": "problems/digits", "n": 2, "shards": 3},
    "right": {"use": "curation/answer", "from": "digits"},
}}  # fmt: skip


def limited(house, n: int | None, raw: dict = RAW) -> planning.Plan:
    return planning.make(recipes.build("echo", house / "echo.yaml", raw), house / "out", n)


def test_the_first_problems_with_their_traces_and_no_further_shard():
    def shards():
        for number in range(3):
            names = [f"{number}-{place}" for place in range(2)]
            problems = [Problem(id=name, question=name) for name in names]
            traces = [Trace(id=f"{name}#0", problem_id=name) for name in names]
            yield Data(problems, traces, [Pair(problem_id=name, chosen="a", rejected="b") for name in names])
            assert number < 2, "what is not needed is not read"

    data = Data.join(first(shards(), 3))
    assert [problem.id for problem in data.problems] == ["0-0", "0-1", "1-0"]
    assert [trace.problem_id for trace in data.traces] == ["0-0", "0-1", "1-0"]
    assert len(data.pairs) == 3


def test_a_limit_changes_keys_and_what_is_made(house):
    whole, few = limited(house, None), limited(house, 3)
    assert few.steps["digits"].key != whole.steps["digits"].key
    assert few.steps["right"].key != whole.steps["right"].key
    made = run(few, jobs=1)
    assert made.manifests["right"]["counts"]["traces"] == 3
    assert made.manifests["digits"]["limit"] == 3
    assert [problem.id for problem in store.read_data(made.folders["right"]).all().problems] == [
        "0-0", "0-1", "1-0",
    ]  # fmt: skip
    assert plan(house, RAW).steps["digits"].key == whole.steps["digits"].key


def test_what_cannot_be_limited_is_refused(house):
    with pytest.raises(LimbeckError, match="from 1 up, got 0"):
        limited(house, 0)
    model = {"stages": {"student": {"use": "students/pretrained", "path": "x/y"}}}
    with pytest.raises(LimbeckError, match="--limit cuts stages of problems/, and the recipe has none"):
        limited(house, 2, model)
