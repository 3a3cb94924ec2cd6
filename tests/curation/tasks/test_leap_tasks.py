"""curation/leap_tasks: whole and gapped solutions as problems whose answers fill the gaps."""

from __future__ import annotations

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace
from limbeck.texts.leaps import inserted, read, steps_in
from limbeck.texts.steps import Cutting

leap_tasks = flat("curation/leap_tasks")
TOY = {
    "separator": ";", "template": "{question}>{steps}", "step": "{number}{text}", "complete": "@",
    "missing": "@{before}{text}",
}  # fmt: skip


def solved(steps: int = 7, n: int = 200) -> Data:
    traces = [
        Trace(
            id=f"t{at}",
            problem_id=f"p{at}",
            reasoning="".join(f";{at}.{step}" for step in range(steps)),
            answer="4",
        )
        for at in range(n)
    ]
    return Data([Problem(id=f"p{at}", question=f"q{at}", answer="4") for at in range(n)], traces)


def test_an_answer_put_back_gives_the_whole_solution():
    source = solved()
    whole = {trace.id: trace.reasoning for trace in source.traces}
    tasks = leap_tasks(source, **TOY)
    counts = []
    for problem, trace in zip(tasks.problems, tasks.traces, strict=True):
        assert trace.answer == problem.answer
        assert (trace.outcome, trace.problem_id) == ("correct", problem.id)
        listed = problem.question.partition(">")[2]
        steps = steps_in(listed, Cutting(separator=r"\d(?=;)"))
        left = [text[1:] for text in steps]
        leaps = read(problem.answer, problem.meta["steps"], TOY["missing"])
        assert [leap.before for leap in leaps] == problem.meta["leaps"]
        assert len(left) == problem.meta["steps"]
        assert inserted(left, leaps)[0] == whole[problem.meta["trace"]]
        counts.append(len(leaps))
        assert problem.answer == "@" if not leaps else problem.answer.startswith("@")
    # One in five lacks nothing; one or two steps are missing equally often.
    assert len(counts) == 200
    assert 20 < counts.count(0) < 60
    assert abs(counts.count(1) - counts.count(2)) < 40


def test_short_solutions_are_left_out_and_long_ones_lose_one_more():
    assert leap_tasks(solved(5, 20), **TOY).problems == []
    tasks = leap_tasks(solved(11, 200), **TOY, none=0.0)
    assert {len(problem.meta["leaps"]) for problem in tasks.problems} == {1, 2, 3}
    assert all(problem.meta["leaps"] for problem in tasks.problems)


def test_a_template_without_its_fields_is_refused():
    with pytest.raises(LimbeckError, match=r"leap_tasks.*\{steps\}"):
        leap_tasks(solved(), **{**TOY, "template": "{question}"})
