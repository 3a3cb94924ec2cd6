"""curation/controlled: each trace behind the levels that it has, and exams whose levels are drawn."""

from __future__ import annotations

import pytest

from limbeck.curation.tasks.controlled import controlled
from limbeck.errors import LimbeckError
from limbeck.evaluation.metrics.field_at import field_at
from limbeck.evaluation.metrics.steps_rise_with import combine, steps_rise_with
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts.control import Control

DIALS = {"search_depth": ("skips", 2, 0), "clarity": ("rating/clarity", 1, 10)}


def trace(name: str, skips: int | None, clarity: float, **more) -> Trace:
    params = {} if skips is None else {"skips": skips}
    return Trace(
        id=name, problem_id="p", params=params, scores={"rating/clarity": clarity}, model="m", **more
    )


def data(*traces: Trace) -> Data:
    return Data([Problem(id="p", question="1+2", answer="3"), Problem(id="q", question="2")], list(traces))


def test_traces_of_the_same_levels_share_a_question(tmp_path):
    given = data(
        trace("a", 0, 10), trace("b", 1, 5.5), trace("c", 0, 9.6), trace("d", None, 3),
        trace("e", 2, 1, marks=["wrong"]),
    )  # fmt: skip
    made = controlled(given, dials=DIALS, ctx=Context(tmp_path))
    # 9 * 4.5 / 9 = 4.5 is rounded up; 9.6 is 8.6, so 9. Without skips, or marked, a trace is left out.
    assert [problem.question for problem in made.problems] == [
        "1+2\n<control> search_depth: 9; clarity: 9 <control/>",
        "1+2\n<control> search_depth: 5; clarity: 5 <control/>",
    ]
    assert [(each.id, each.problem_id) for each in made.traces] == [
        ("a/99", made.problems[0].id), ("c/99", made.problems[0].id), ("b/55", made.problems[1].id)
    ]  # fmt: skip
    assert made.problems[0].meta == {
        "control": {"search_depth": 9, "clarity": 9}, "control_search_depth": 9, "control_clarity": 9,
        "problem_id": "p",
    }  # fmt: skip
    assert made.problems[0].answer == "3"


def test_drawn_levels_go_to_problems_with_and_without_traces(tmp_path):
    short = Control(template="{question}!{control}", item="{level}", join="")
    given = data(trace("a", 0, 10), trace("b", 2, 10))
    made = controlled(given, dials=DIALS, levels=(0, 9), control=short, ctx=Context(tmp_path))
    assert len(made.problems) == 2
    assert {each.question[:-2] for each in made.problems} == {"1+2!", "2!"}
    assert len(made.traces) == 2
    again = controlled(given, dials=DIALS, levels=(0, 9), control=short, ctx=Context(tmp_path))
    assert [each.question for each in again.problems] == [each.question for each in made.problems]
    many = Data([Problem(id=str(number), question=str(number)) for number in range(200)])
    drawn = controlled(many, dials=DIALS, levels=(0, 9), control=short, ctx=Context(tmp_path))
    highs = sum(each.meta["control_clarity"] == 9 for each in drawn.problems)
    assert abs(highs - 100) < 30  # four standard deviations


def test_what_cannot_be_told_is_refused(tmp_path):
    for bad in ({"dials": {}}, {"dials": {"a": ("x", 1, 1)}}, {"dials": DIALS, "levels": (10,)}):
        with pytest.raises(LimbeckError, match="curation/controlled"):
            controlled(data(), **bad, ctx=Context(tmp_path))


def test_steps_rise_with_what_was_asked_by_hand():
    def part(level: int, *texts: str):
        problem = Problem(id="p", question="?", meta={"control_d": level})
        traces = [Trace(id="t", problem_id="p", reasoning=text) for text in texts]
        return steps_rise_with(problem, traces, field="control_d", separator="[;!]")

    parts = [part(0, ";a!b"), part(5, ";a;b;c", ";a!b"), part(9, ";a;b;c;d")]
    assert parts == [(0, 2), (5, 2.5), (9, 4)]
    assert sum(combine(parts)) / 3 == pytest.approx(1)
    assert sum(combine([*parts[::-1][:2], (9, 1)])) / 3 < 0.5
    assert combine([(1, 2), (1, 3)]) == [0, 0]
    assert steps_rise_with(Problem(id="p", question="?"), [], field="control_d") is None


def test_a_number_that_the_problem_notes():
    problem = Problem(id="p", question="?", meta={"left": 0.25, "kind": "a", "yes": True})
    assert field_at(problem, [], name="left") == 0.25
    assert field_at(problem, [], name="kind") is None
    assert field_at(problem, [], name="yes") is None
