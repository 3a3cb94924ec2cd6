"""verifiers/one_item: one label of many, drawn by the trace."""

from __future__ import annotations

import pytest

from limbeck.problems.worlds.assignment import assignment
from limbeck.records import Problem, Trace
from limbeck.verifiers.answers.one_item import one_item


def asked(
    verifier, given: str, answer: str | None = "7", reasoning: str = "", name: str = "p#0", **more
) -> str:
    problem = Problem(id="p", question="?", answer=answer)
    return verifier(
        problem, Trace(id=name, problem_id="p", reasoning=reasoning, answer=given), **more
    ).outcome


def test_one_item_is_right_as_often_as_items_are():
    names = [f"p#{number}" for number in range(2000)]
    outcomes = [asked(one_item, "dabb", "dacb", name=name) for name in names]
    assert outcomes == [asked(one_item, "dabb", "dacb", name=name) for name in names]
    assert outcomes.count("correct") / 2000 == pytest.approx(0.75, abs=0.04)
    assert {asked(one_item, "dacb", "dacb", name=name) for name in names} == {"correct"}
    spelt = {asked(one_item, "T cell | B Cell", "t cell|b cell", name=name, separator="|") for name in names}
    assert spelt == {"correct"}


def test_one_item_of_a_malformed_answer_is_not_judged():
    assert asked(one_item, "dac", "dacb") == "unparsed"
    assert asked(one_item, "", "dacb") == "unparsed"
    assert asked(one_item, "dacb", None) == "unknown"
    data = assignment(n=5, solve="careful")
    assert {
        one_item(problem, trace).outcome for problem, trace in zip(data.problems, data.traces, strict=True)
    } == {"correct"}
