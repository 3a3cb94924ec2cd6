"""What marks cost, by hand."""

from __future__ import annotations

from limbeck.costs import Costs, Mark
from limbeck.records import Data, Problem, Trace, Verdict


def trace(name: str, problem: str, outcome: str, *marks: str) -> Trace:
    return Trace(id=name, problem_id=problem, verdicts=[Verdict("math", outcome)], marks=list(marks))


def curated() -> Data:
    """Seven traces; 'leaked' of a problem, then 'wrong', then 'too_long' of traces."""
    problems = [Problem(id="p", question="?"), Problem(id="q", question="?", marks=["leaked"])]
    problems += [Problem(id="empty", question="?", marks=["leaked"])]
    traces = [
        trace("a", "p", "correct"),
        trace("b", "p", "correct", "too_long"),
        trace("c", "p", "wrong", "wrong", "too_long"),
        trace("d", "p", "wrong", "wrong"),
        trace("e", "q", "correct"),
        trace("f", "q", "correct", "too_long"),
        trace("g", "q", "wrong", "wrong"),
    ]
    return Data(problems, traces)


def test_each_mark_counts_what_it_takes_and_what_is_right_of_it():
    costs = Costs()
    costs.add(curated())
    assert (costs.traces, costs.correct, costs.kept()) == (7, 4, (1, 1))
    leaked, wrong, long = costs.lines()
    assert leaked == (Mark("problem", "leaked"), 2, 3, 2, 3, 2, 1, 1, 4, 2)
    assert wrong == (Mark("trace", "wrong"), 0, 3, 0, 2, 0, 1, 0, 2, 2)
    assert long == (Mark("trace", "too_long"), 0, 3, 2, 1, 1, 1, 1, 1, 1)


def test_stages_say_the_order_where_they_are_known():
    costs = Costs()
    costs.add(curated())
    first, *_ = costs.lines(["too_long", "wrong", "leaked"])
    assert first == (Mark("trace", "too_long"), 0, 3, 2, 3, 2, 1, 1, 4, 2)


def test_the_order_is_read_off_records_whichever_come_first():
    """A first record that only a later filter caught does not put that filter first."""
    costs = Costs()
    costs.add(Data([Problem(id="p", question="?")], [trace("a", "p", "wrong", "late")]))
    costs.add(Data([Problem(id="p", question="?")], [trace("b", "p", "wrong", "early", "late")]))
    costs.add(Data([Problem(id="p", question="?")], [trace("c", "p", "wrong", "late", "last")]))
    assert [line.mark.name for line in costs.lines()] == ["early", "late", "last"]


def test_parts_add_up_to_the_whole():
    whole, parts = Costs(), Costs()
    data = curated()
    whole.add(data)
    for problem in data.problems:
        parts.add(Data([problem], data.by_problem()[problem.id]))
    assert parts.lines() == whole.lines()
