"""problems/programs: straight-line programs in every valid order."""

from __future__ import annotations

import re
from itertools import permutations

from limbeck.problems.worlds.programs import programs


def texts(data):
    asked = data.problem_by_id()
    return [(asked[trace.problem_id], trace.reasoning + trace.answer, trace) for trace in data.traces]


def test_programs_come_in_every_valid_order():
    wanted = "((3+4)*2)-(5+1)"
    data = programs(n=400, solve="any", k=4, high=4)
    assert any(problem.meta["orders"] == 3 for problem in data.problems)
    for problem, text, trace in texts(data):
        lines = problem.answer.split(";")
        valid = sum(
            all(
                order.index(name) < order.index(line[0])
                for line in lines
                for name in re.findall("[a-d]", line[2:])
            )
            for order in permutations([line[0] for line in lines])
        )
        assert problem.meta["orders"] == valid
        assert problem.meta["value"] == eval(problem.question)
        scope: dict[str, int] = {}
        exec(text, scope)
        assert scope[text.split(";")[-1][0]] == problem.meta["value"]
        assert (trace.format, trace.outcome) == ("plain", "correct")
    assert max(len({t.answer for t in traces}) for traces in data.by_problem().values()) == 4
    assert eval(wanted) == 8


def test_nested_on_the_left_a_program_goes_from_left_to_right():
    data = programs(n=40, low=2, high=5, solve="gold", nested="left")
    for problem, trace in zip(data.problems, data.traces, strict=True):
        shown = [sign for sign in problem.question if sign.isdigit() or sign in "+-*"]
        written = trace.reasoning + trace.answer
        first, *rest = written.split(";")
        assert first == f"a={''.join(shown[:3])}"
        assert [each[2:] for each in rest] == [
            f"{'abcdefgh'[at]}{''.join(shown[at * 2 + 3 : at * 2 + 5])}" for at in range(len(rest))
        ]
        assert problem.meta["orders"] == 1, "no other order is possible"
