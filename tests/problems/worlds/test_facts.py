"""problems/facts: told or withheld."""

from __future__ import annotations

from limbeck.problems.worlds.facts import digit, facts, table


def texts(data):
    """Question, whole text and trace, for every trace."""
    asked = data.problem_by_id()
    return [(asked[trace.problem_id], trace.reasoning + trace.answer, trace) for trace in data.traces]


def test_facts_are_told_or_withheld_and_a_withheld_name_is_new_at_the_test():
    known = set(table()[:120])
    seen = {}
    for split in ("train", "test"):
        data = facts(n=400, split=split, solve="honest")
        assert 120 < sum(problem.meta["known"] for problem in data.problems) < 280
        for problem, text, trace in texts(data):
            names = problem.question.split("+")
            assert problem.answer == str(sum(map(digit, names)) % 10)
            assert problem.meta["known"] == (set(names) <= known)
            assert (trace.outcome, trace.answer == "?") == (
                ("correct", False) if problem.meta["known"] else ("unknown", True)
            )
            assert all(f";{name}{digit(name) if name in known else '?'}" in text for name in names)
        seen[split] = {name for problem in data.problems for name in problem.meta["names"]} - known
    assert not seen["train"] & seen["test"]
    assert {p.meta["known"] for p in facts(n=50, about="known").problems} == {True}
    assert {p.meta["known"] for p in facts(n=50, about="withheld").problems} == {False}


def test_a_teacher_says_what_nobody_was_told():
    for problem, text, trace in texts(facts(n=60, solve="taught")):
        assert (trace.outcome, trace.answer) == ("correct", problem.answer)
        assert all(f"{name}{digit(name)};" in text for name in problem.question.split("+"))
