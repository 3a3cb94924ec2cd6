"""curation/majority: what most traces say stands in for a reference."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from limbeck.curation.score.majority import majority
from limbeck.pipeline.context import Context
from limbeck.problems.benchmarks.zeroeval import zeroeval
from limbeck.problems.worlds.attempts import attempts
from limbeck.records import Data, Problem, Trace
from limbeck.verifiers.answers.math import math


@pytest.fixture
def ctx(tmp_path):
    return Context(tmp_path)


def test_a_majority_stands_in_for_a_reference(ctx):
    def problem(name: str, *answers: str, **more) -> tuple[Problem, list[Trace]]:
        traces = [Trace(id=f"{name}{i}", problem_id=name, answer=one) for i, one in enumerate(answers)]
        return Problem(id=name, question=name, **more), traces

    made = [
        problem("a", "4", "4", " 4", "5", answer="4"),
        problem("b", "1", "2", "1", "2"),
        problem("c", "1", "1"),
    ]
    data = majority(Data([one for one, _ in made], [t for _, own in made for t in own]), ctx=ctx)
    a, b, c = data.problems
    assert (a.answer, a.meta["gold"], a.meta["agreement"], a.meta["votes"]) == ("4", "4", 0.75, 4)
    assert (b.answer, b.marks) == (None, ["no_majority"])
    assert c.marks == ["no_majority"]
    marked = Data([made[0][0]], [replace(trace, marks=["truncated"]) for trace in made[0][1]])
    assert majority(marked, ctx=ctx).problems[0].marks == ["no_majority"]
    assert majority(Data([made[0][0]], made[0][1]), keep=True, ctx=ctx).problems[0].meta == {}


def test_a_majority_of_eight_real_models_is_nearly_always_right(shared, ctx):
    """GSM8K: single models are right in 53 to 94 of 100 (WildEval/ZeroEval)."""
    data = majority(zeroeval(path=str(shared / "traces/zeroeval_gsm8k.jsonl.gz")), ctx=ctx)
    known = [one for one in data.problems if not one.marks]
    golds = [math(one, Trace(id="", problem_id=one.id, answer=one.meta["gold"])) for one in known]
    right = [one.outcome == "correct" for one in golds]
    sure = [good for one, good in zip(known, right, strict=True) if one.meta["agreement"] >= 0.9]
    assert (len(data.problems), len(known), len(sure)) == (1319, 1234, 462)
    assert sum(right) / len(known) > 0.96
    assert sum(sure) / len(sure) > 0.99


def test_systematic_errors_outvote_and_random_ones_do_not(ctx):
    by_chance = majority(attempts(n=200, k=10, wrong=0.3), ctx=ctx)
    fixed = majority(attempts(n=200, k=10, wrong=0.05, stumbles="7"), ctx=ctx)
    wrong = [
        sum(one.answer != one.meta["gold"] for one in data.problems if not one.marks)
        for data in (by_chance, fixed)
    ]
    assert wrong[0] <= 4
    assert wrong[1] > 20
    assert all(
        "7" in one.question[1:] for one in fixed.problems if not one.marks and one.answer != one.meta["gold"]
    )
