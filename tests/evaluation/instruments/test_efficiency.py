"""`evaluation/efficiency` on samples whose numbers are worked out by hand."""

from __future__ import annotations

import random

import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation import frontiers
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.records import Data, Problem, Trace, Verdict


def arm(name: str, told: list[tuple[str, int]], order: list[int] | None = None) -> Data:
    """Per problem the answer and its tokens; the reference is 7, p0 is of level 1, and so on."""
    places = order or range(len(told))
    problems = [
        Problem(id=f"p{place}", question=str(place), answer="7", meta={"level": place + 1})
        for place in places
    ]
    traces = []
    for place in places:
        answer, tokens = told[place]
        verdicts = [Verdict("exact", "correct" if answer == "7" else "wrong", answer)]
        traces.append(
            Trace(id=f"p{place}#{name}", problem_id=f"p{place}", reasoning="7 it is\nor so", answer=answer,
                  model=name, tokens=tokens, verdicts=verdicts)
        )  # fmt: skip
    return Data(problems, traces)


WHOLE = [("7", 100), ("7", 100), ("7", 200), ("1", 400)]
SHORT = [("7", 50), ("7", 50), ("7", 100), ("1", 200)]
CUT = [("7", 50), ("1", 50), ("1", 100), ("1", 200)]


def measured(*arms: Data, **more) -> dict[tuple[str, str], float]:
    made = ready("evaluation/efficiency", level="level", **more)(*arms, ctx=Context(None))
    assert len({trace.id for trace in made.data.traces}) == sum(len(each.traces) for each in arms)
    return {(row.model, row.metric): row.value for row in made.results}


def test_every_column_is_as_worked_out_by_hand():
    told = measured(arm("whole", WHOLE), arm("short", SHORT), arm("cut", CUT))
    assert told["whole", "accuracy"] == 0.75
    assert told["whole", "mean_tokens"] == 200
    assert told["whole", "eta"] == pytest.approx((10 + 10 + 5 + 0) / 4)
    # "7 it is\n" is 8 of 13 characters, of right samples and of the wrong one.
    assert told["whole", "overthinking"] == pytest.approx(5 / 13)
    assert told["cut", "underthinking"] == pytest.approx(5 / 13)
    # The shortest right samples are 50, 50 and 100; nobody solves the last.
    assert told["whole", "excess"] == pytest.approx((2 + 2 + 2) / 3)
    assert told["cut", "excess"] == 1
    assert [told[name, "boundary"] for name in ("whole", "short", "cut")] == [3, 3, 1]
    # Short is as accurate as whole and half as long in every draw; cut is as long as short and never better.
    assert told["short", "on_front"] == 1
    assert told["whole", "on_front"] == 0
    assert told["cut", "on_front"] < 0.5
    assert told["all", "area"] == pytest.approx(0.75 * (200 - 100) / 200)


def test_a_table_of_it_is_complete():
    made = ready("evaluation/efficiency")(arm("whole", WHOLE), arm("cut", CUT), ctx=Context(None))
    rows = [row for row in made.results if row.model != "all"]
    assert frontiers.table(rows).count("\n") == 3


def test_the_order_of_problems_changes_nothing_and_a_higher_price_lowers_eta():
    order = [2, 0, 3, 1]
    random.Random(0).shuffle(order)
    assert (
        measured(arm("whole", WHOLE))["whole", "eta"] == measured(arm("whole", WHOLE, order))["whole", "eta"]
    )
    dearer = [(answer, tokens + 1) for answer, tokens in WHOLE]
    assert measured(arm("whole", dearer))["whole", "eta"] < measured(arm("whole", WHOLE))["whole", "eta"]


def test_what_cannot_be_compared_is_an_error():
    with pytest.raises(LimbeckError, match="a name of its own"):
        measured(arm("a", WHOLE), arm("a", CUT))
    other = Data([Problem(id="x", question="x", answer="7")], [])
    with pytest.raises(LimbeckError, match="no problem in common"):
        measured(arm("a", WHOLE), other, names=("a", "b"))
    with pytest.raises(LimbeckError, match="did you mean 'level'"):
        ready("evaluation/efficiency", level="levle")(arm("a", WHOLE), ctx=Context(None))
