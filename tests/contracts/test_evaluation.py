"""What every evaluation keeps: numbers with their intervals, on so many problems, and the samples."""

from __future__ import annotations

import math
from copy import deepcopy

import pytest
import small_world
from contract_cases import entries, ready
from contract_data import evaluated, small_data, vectors_of
from contract_parts import parts_of
from msgspec import to_builtins
from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.pipeline.registry import methods
from limbeck.pipeline.store import read_results, write_results
from limbeck.records import Data, Results

EVALUATIONS = [case for case in entries("evaluation") if "ctx" in case.values[0].params]
"""Metrics, which give one number per problem, are read by `accuracy` and have no samples of their own."""
REPLY = {"text": "so</think>4", "logprobs": [-0.5, -0.1], "finish": "stop"}


PASSAGES = {"passages": [{"id": "p", "text": "1 + 2 is 3"}], "gold": ["p"]}


def measured(entry, folder, data: Data) -> Results:
    exact = ready(methods("verifiers")["exact"])
    supplied = {name: exact for name, each in entry.params.items() if each.annotation == "Verifier"}
    supplied |= {"ctx": Context(folder), "verifier": exact}
    if entry.name == "retrieval":
        data = Data([replace(each, meta={**each.meta, **PASSAGES}) for each in data.problems])
    if "suspect" in entry.params:
        supplied |= {"suspect": "model-0", "twin": "model-1", "fresh": "odd/train"}
    if "students" in entry.params:
        several = [small_world.student(folder / f"m{seed}", small_data(), seed=seed) for seed in range(4)]
        supplied |= {"teacher": several[0], "students": several[1:], "updates": [1, 2, 3]}
    if "model" in entry.params:
        local = entry.params["model"].annotation == "Checkpoint"
        supplied["model"] = (
            small_world.student(folder / "m", small_data()) if local else Scripted([REPLY, "</think>9"])
        )
    if "signal" in entry.params:
        supplied["signal"] = small_world.signal(folder / "s", data)
    if "direction" in entry.params:
        supplied |= parts_of(entry, folder, supplied["model"])
    given = {name: value for name, value in supplied.items() if name in entry.params}
    method = ready(entry, **given, **vectors_of(entry, folder, small_data()))
    return method(*[data] * len(entry.inputs))


def needs_torch(entry) -> None:
    local = "model" in entry.params and entry.params["model"].annotation == "Checkpoint"
    if local or {"signal", "students"} & set(entry.params):
        pytest.importorskip("torch", reason="local models need the extra limbeck[train]")


@pytest.mark.parametrize("entry", EVALUATIONS)
def test_every_number_says_how_sure_it_is_and_of_what(entry, tmp_path):
    needs_torch(entry)
    made = measured(entry, tmp_path, evaluated(entry))
    assert made.results
    for row in made.results:
        assert row.n > 0, row
        assert row.samples > 0, row
        assert math.isfinite(row.value), row
        assert row.metric, row
        assert row.model, row
        assert row.benchmark, row
        if row.low is not None:
            assert row.low - 1e-9 <= row.value <= row.high + 1e-9, row
            assert row.interval, "an interval says how it was made"
    names = [(row.model, row.benchmark, row.metric, str(row.setting)) for row in made.results]
    assert len(set(names)) == len(names), "no number comes twice"


@pytest.mark.parametrize("entry", EVALUATIONS)
def test_its_samples_are_kept_and_survive_the_store(entry, tmp_path):
    needs_torch(entry)
    made = measured(entry, tmp_path, evaluated(entry))
    assert made.data.traces, "every number can be looked into"
    ids = [trace.id for trace in made.data.traces]
    assert len(set(ids)) == len(ids)
    assert {trace.problem_id for trace in made.data.traces} <= {problem.id for problem in made.data.problems}
    write_results(tmp_path / "results", made)
    stored = read_results(tmp_path / "results")
    assert to_builtins(stored.results) == to_builtins(made.results)
    assert [trace.id for trace in stored.data.traces] == ids


@pytest.mark.parametrize("entry", EVALUATIONS)
def test_the_same_again_and_the_input_as_it_was(entry, tmp_path):
    needs_torch(entry)
    data = evaluated(entry)
    before = deepcopy(to_builtins([data.problems, data.traces]))
    once = measured(entry, tmp_path / "a", data)
    assert to_builtins([data.problems, data.traces]) == before
    again = measured(entry, tmp_path / "b", data)
    assert [row.value for row in again.results] == [row.value for row in once.results]


@pytest.mark.parametrize("entry", EVALUATIONS)
def test_nothing_to_measure_is_said(entry, tmp_path):
    needs_torch(entry)
    with pytest.raises(LimbeckError):
        measured(entry, tmp_path, Data())
