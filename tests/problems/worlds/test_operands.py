"""problems/operands: every equation holds, and some take another number than the sum's."""

from __future__ import annotations

import re
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


def test_steps_of_sums_may_begin_with_any_of_several_signs():
    plain, signed = (operands(n=40, solve="steps", wrong=0.5, marks=marks) for marks in (";", ";,|"))
    texts = [[each.reasoning + each.answer for each in data.traces] for data in (plain, signed)]
    assert [re.sub("[,|]", ";", text) for text in texts[1]] == texts[0]
    assert {sign for text in texts[1] for sign in text} >= {",", "|", ";"}
    assert all(text[-2] == ";" for text in texts[1]), "the answer has the sign that formats know"
