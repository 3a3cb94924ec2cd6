"""What every reward keeps: a number for each trace, or none where nobody knows, in any order of groups."""

from __future__ import annotations

import math
from copy import deepcopy

import numpy as np
import pytest
from contract_cases import entries, ready, with_options
from msgspec.structs import replace

from limbeck.pipeline.registry import methods
from limbeck.records import Problem, Trace
from limbeck.rewards.ops import Group

REWARDS = entries("rewards")
ANSWERS = ("7", "8", "7", "", "I do not know", "77")


def groups() -> list[Group]:
    made = []
    for name, size in (("p", 6), ("q", 3), ("r", 1)):
        traces = [
            Trace(
                id=f"{name}/{at}", problem_id=name, reasoning=f"thought {at} [{answer}]", answer=answer,
                tokens=10 + 3 * at, finish="length" if at == 3 else "stop", format="think",
            )
            for at, answer in enumerate(ANSWERS[:size])
        ]  # fmt: skip
        made.append(Group(Problem(id=name, question="3+4?", answer="7"), traces))
    return made


class RolloutContext:
    """Networks that are as sure of a trace as it is short, in place of trained ones."""

    def __init__(self, made: list[Group]) -> None:
        self.rows = {trace.id: trace for group in made for trace in group.traces}

    def lag(self, every, keep):
        return None

    def answer_logp(self, group, who):
        return [-0.1 * len(trace.reasoning) for trace in group.traces]

    def logps(self, who, traces):
        return [np.full(3, -0.1 * trace.tokens) for trace in traces]


def rewarded(entry, made: list[Group], **setting) -> list[list[float]]:
    given = {"verifier": ready(methods("verifiers")["exact"])} if "verifier" in entry.params else {}
    return ready(entry, **given, **setting)(made, RolloutContext(made))


CASES = with_options(REWARDS)


@pytest.mark.parametrize(("entry", "setting"), CASES)
def test_every_trace_has_a_number_or_is_left_out(entry, setting):
    made = groups()
    numbers = rewarded(entry, made, **setting)
    assert [len(row) for row in numbers] == [len(group.traces) for group in made]
    assert not any(math.isinf(value) for row in numbers for value in row)
    assert any(math.isfinite(value) for row in numbers for value in row), "somebody earns something"
    assert rewarded(entry, [], **setting) == []


@pytest.mark.parametrize(("entry", "setting"), CASES)
def test_the_same_traces_earn_the_same_in_any_order(entry, setting):
    once = rewarded(entry, groups(), **setting)
    np.testing.assert_equal(rewarded(entry, groups(), **setting), once)
    np.testing.assert_allclose(
        np.concatenate(rewarded(entry, groups()[::-1], **setting)[::-1]), np.concatenate(once), rtol=1e-9
    )


@pytest.mark.parametrize(("entry", "setting"), CASES)
def test_problems_and_texts_stay_as_they_were(entry, setting):
    made = groups()
    before = deepcopy(made)
    rewarded(entry, made, **setting)
    for group, was in zip(made, before, strict=True):
        assert group.problem == was.problem
        for trace, old in zip(group.traces, was.traces, strict=True):
            # A reward may note the verdict that it stands on.
            assert replace(trace, verdicts=[], scores={}) == replace(old, verdicts=[], scores={})


@pytest.mark.parametrize("entry", [case for case in REWARDS if "verifier" in case.values[0].params])
def test_what_nobody_can_judge_is_neither_praised_nor_blamed(entry):
    """A verifier that stumbles over a trace says ``unknown``, which is no evidence against it."""
    made = [Group(Problem(id="p", question="?"), groups()[0].traces[:1])]
    (values,) = rewarded(entry, made)
    assert all(math.isnan(value) or value >= 0 for value in values)
