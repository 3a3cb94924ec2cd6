"""pass_where and rises_with: a part of the problems, and lengths that follow a number."""

from __future__ import annotations

import pytest

from limbeck.pipeline import metrics
from limbeck.records import Problem, Trace, Verdict


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
