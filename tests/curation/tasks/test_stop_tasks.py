"""curation/stop_tasks: which decisions are pairs, and which of them nobody can tell."""

from __future__ import annotations

import pytest

from limbeck.curation.tasks.stop_tasks import stop_tasks
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace

TEMPLATE = "{question}|{partial}"


def told(*stops) -> Data:
    params = {"stops": [list(stop) for stop in stops]}
    trace = Trace(id="t", problem_id="p", reasoning="abc", answer="def", params=params)
    return Data([Problem(id="p", question="q", source="toy", split="train")], [trace])


def decisions(data: Data) -> list[tuple[str, str, str]]:
    out = stop_tasks(data, template=TEMPLATE)
    traces = out.trace_by_id()
    asked = out.problem_by_id()
    return [
        (asked[pair.problem_id].question, traces[pair.chosen].answer, traces[pair.rejected].answer)
        for pair in out.pairs
    ]


def test_a_pair_where_exactly_one_decision_leads_to_the_answer():
    data = told((1, "unparsed", "correct"), (3, "wrong", "correct"), (6, "correct", "wrong"))
    assert decisions(data) == [
        ("q|a", "continue", "finished"),
        ("q|abc", "continue", "finished"),
        ("q|abcdef", "finished", "continue"),
    ]
    out = stop_tasks(data, template=TEMPLATE, stop_word="s", go_word="g")
    assert [trace.answer for trace in out.kept()] == ["g", "g", "s"], "the right decisions"
    assert {trace.outcome for trace in out.kept()} == {"correct"}
    assert (out.problems[0].split, out.problems[0].answer) == ("train", "g")


@pytest.mark.parametrize(
    ("stopping", "going"),
    [("correct", "correct"), ("wrong", "wrong"), ("unknown", "correct"), ("correct", "timeout")],
)
def test_what_nobody_can_tell_is_no_pair(stopping, going):
    assert decisions(told((1, stopping, going))) == []


def test_the_shorter_way_may_win_a_tie():
    data = told((1, "wrong", "correct"), (6, "correct", "correct"), (6, "wrong", "wrong"))
    out = stop_tasks(data, template=TEMPLATE, ties="stop")
    assert [trace.answer for trace in out.kept()] == ["continue", "finished"]
    assert len(stop_tasks(data, template=TEMPLATE).pairs) == 1


def test_equal_questions_are_one_task():
    data = told((1, "wrong", "correct"))
    data.traces.append(Trace(id="u", problem_id="p", reasoning="abc", params=data.traces[0].params))
    assert len(stop_tasks(data, template=TEMPLATE).pairs) == 1


def test_marked_problems_are_left_out():
    data = told((1, "wrong", "correct"))
    data.problems[0].marks.append("seen")
    assert decisions(data) == []


def test_solutions_that_say_nothing_are_a_mistake():
    silent = told()
    assert decisions(silent) == [], "it was never finished"
    silent.traces[0].params.clear()
    with pytest.raises(LimbeckError, match="none of 1 traces says"):
        stop_tasks(silent, template=TEMPLATE)
    with pytest.raises(LimbeckError, match=r"no \{partial\}"):
        stop_tasks(told(), template="{question}")
    assert stop_tasks(Data(), template=TEMPLATE) == Data()
