"""pass_where and rises_with: a part of the problems, and lengths that follow a number."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.evaluation.measures.stored import stored
from limbeck.pipeline import metrics
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict


def asked(level: object, **more) -> Problem:
    return Problem(id=f"p{level}", question="q", meta={"level": level}, **more)


def tried(*outcomes: str) -> list[Trace]:
    return [
        Trace(id=str(at), problem_id="p", verdicts=[Verdict("test", outcome)])  # type: ignore[arg-type]
        for at, outcome in enumerate(outcomes)
    ]


def test_only_problems_of_the_part_count():
    hard = metrics.read({"pass_where": {"field": "level", "value": 3}})
    assert (hard.label, hard.unit) == ("pass_where(field=level, value=3)", "share")
    assert hard.function(asked(3), tried("correct", "wrong", "unparsed", "correct")) == 0.5
    assert hard.function(asked("3"), tried("correct")) == 1.0, "compared as text"
    assert hard.function(asked(1), tried("correct")) is None
    by_source = metrics.read({"pass_where": {"field": "source", "value": "sums"}})
    assert by_source.function(asked(1, source="sums"), tried("wrong")) == 0.0
    assert by_source.function(asked(1, source="lists"), tried("wrong")) is None


def correlation(pairs: list[tuple[object, list[int | None]]]) -> float:
    metric = metrics.read({"rises_with": {"field": "level"}})
    parts = [
        metric.function(asked(level), [Trace(id="t", problem_id="p", tokens=many) for many in lengths])
        for level, lengths in pairs
    ]
    shares = metric.combine([part for part in parts if part is not None])
    return sum(shares) / len(shares)


def test_lengths_that_rise_with_difficulty():
    assert correlation([(1, [5]), (2, [9]), (3, [100])]) == pytest.approx(1.0), "ranks, not lengths"
    assert correlation([(1, [9]), (2, [7]), (3, [5])]) == pytest.approx(-1.0)
    # Ranks 1 2 3 against 1 3 2: 1 - 6 * 2 / (3 * 8).
    assert correlation([(1, [4, 6]), (2, [9]), (3, [8, None])]) == pytest.approx(0.5)
    assert correlation([(1, [5]), (2, [5]), ("easy", [90]), (3, [None])]) == 0.0, "what never varies"


def test_of_a_reasoning_alone_the_length_of_the_answer_does_not_count():
    metric = metrics.read({"rises_with": {"field": "level", "of": "reasoning"}})
    texts = {1: ("aa", "b"), 2: ("aaa", "bb"), 3: ("aaaa", "bbb")}
    for reasons, expected in ((True, 1.0), (False, 0.0)):
        parts = [
            metric.function(
                asked(level),
                [
                    Trace(
                        id="t", problem_id="p", reasoning=long if reasons else "a", answer=short, tokens=level
                    )
                ],
            )
            for level, (long, short) in texts.items()
        ]
        shares = metric.combine(parts)
        assert sum(shares) / len(shares) == pytest.approx(expected)


def test_a_benchmark_for_each_level_is_a_table_of_levels(tmp_path):
    problems = [asked(level, source="toy", split="test") for level in (1, 2, None)]
    problems.append(Problem(id="pmarked", question="q", marks=["out"]))
    outcomes = (["correct", "wrong"], ["correct"] * 2, ["wrong"] * 2)
    traces = [
        replace(trace, id=f"{problem.id}-{trace.id}", problem_id=problem.id)
        for problem, each in zip(problems, outcomes, strict=False)
        for trace in tried(*each)
    ]
    data = Data(problems, traces)
    made = stored(data, benchmark="{source}, level {level}", ctx=Context(tmp_path))
    assert {row.benchmark: row.value for row in made.results if row.metric == "pass@1"} == {
        "toy, level 1": 0.5, "toy, level 2": 1.0, "toy, level none": 0.0,
    }  # fmt: skip
    with pytest.raises(LimbeckError, match=r"no problem has a field 'levels'.*did you mean 'level'"):
        stored(data, benchmark="level {levels}", ctx=Context(tmp_path))
