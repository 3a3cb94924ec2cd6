"""verifiers/induced_rule: a rule explains its examples or not."""

from __future__ import annotations

import pytest

from limbeck.problems.worlds.functions import functions
from limbeck.records import Problem, Trace
from limbeck.verifiers.programs.induced_rule import induced_rule

DEMOS = [["120", "354"], ["905", "832"], ["478", "107"]]


@pytest.mark.parametrize(
    ("rule", "delta", "outcome"),
    [
        ("r+3", 0, "correct"), ("r", 0, "wrong"), ("+3r", 0, "correct"), ("nonsense", 0, "wrong"),
        ("3", 0, "wrong"),
        ("+0", 0, "wrong"), ("", 0, "unparsed"), ("r", 3, "unknown"), ("r", 2, "wrong"),
    ],
)  # fmt: skip
def test_a_rule_explains_its_examples_or_not(rule, delta, outcome):
    problem = Problem(id="p", question="?", answer="r+3", meta={"demos": DEMOS})
    assert induced_rule(problem, Trace(id="t", problem_id="p", answer=rule), delta=delta).outcome == outcome


def test_a_rule_that_explains_most_examples_is_no_negative_within_delta():
    problem = Problem(
        id="p", question="?", answer="r", meta={"demos": [["211", "112"], ["321", "123"], ["355", "553"]]}
    )
    same = Trace(id="t", problem_id="p", answer="s")
    assert [induced_rule(problem, same, delta=delta).outcome for delta in (0, 1)] == ["wrong", "unknown"]
    assert induced_rule(Problem(id="p", question="?"), same).outcome == "unknown"
    for asked in functions(n=20, task="rule", high=1).problems:
        assert (
            induced_rule(asked, Trace(id="t", problem_id=asked.id, answer=asked.answer or "")).outcome
            == "correct"
        )
