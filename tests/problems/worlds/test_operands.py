"""problems/operands: every equation holds, and some take another number than the sum's."""

from __future__ import annotations

from itertools import pairwise

import pytest

from limbeck.problems.worlds.operands import operands


def test_wrong_traces_take_one_wrong_operand_and_go_on():
    data = operands(n=200, wrong=0.5, solve="steps")
    asked = data.problem_by_id()
    for trace in data.traces:
        problem, slip = asked[trace.problem_id], trace.params["slip"]
        digits = problem.question.split("+")
        lines = trace.reasoning.strip(";").split(";")
        assert all(eval(line.split("=")[0]) % 10 == int(line[-1]) for line in lines)
        assert all(line[0] == before[-1] for before, line in pairwise(lines))
        wrong = [at for at, line in enumerate(lines) if line[2] != digits[at + 1]]
        assert wrong == ([slip] if slip >= 0 else [])
        assert trace.outcome == ("wrong" if slip >= 0 else "correct")
        assert trace.answer == lines[-1][-1]
    assert sum(trace.outcome == "wrong" for trace in data.traces) == pytest.approx(100, abs=25)
    assert not any(trace.outcome == "wrong" for trace in operands(n=50, solve="steps").traces)
