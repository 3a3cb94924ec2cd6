"""What every curation keeps: it marks, never deletes, adds behind what is there, and changes no input."""

from __future__ import annotations

from copy import deepcopy
from operator import itemgetter

import pytest
from contract_cases import entries, ready
from contract_data import curated, curation_inputs
from msgspec import to_builtins

from limbeck.pipeline.store import MemoryShards, split
from limbeck.records import Data

CURATIONS = entries("curation")
MAKES_ANEW = ("tasks", "helpful_rationales", "biased_twins")
"""Methods, or a shelf of them, that make problems out of traces and return these alone."""


def plain(data: Data) -> dict:
    return {name: to_builtins(getattr(data, name)) for name in ("problems", "traces", "pairs")}


def in_groups(data: Data) -> dict:
    """Problem by problem: what a method adds stands at the end of its shard."""
    groups = plain(data)
    groups["problems"].sort(key=itemgetter("id"))
    for name in ("traces", "pairs"):
        groups[name].sort(key=itemgetter("problem_id"))
    return groups


def ids(records) -> list[str]:
    return [record.id for record in records]


def told(pair) -> tuple[str, str, str]:
    return pair.problem_id, pair.chosen, pair.rejected


def makes_anew(entry) -> bool:
    return entry.name in MAKES_ANEW or entry.shelf in MAKES_ANEW


def _further(entry, others: list[Data]) -> list:
    """Inputs behind the first as the runner hands them over, of its kind where there may be any number."""
    return [MemoryShards([each]) for each in others] if entry.many_inputs else others


def curate(entry, folder, data: Data, parts: int = 1) -> Data:
    """The method as the runner runs it: once on all shards, or shard by shard."""
    method = ready(entry, **curation_inputs(entry, folder))
    _, *others = curated(entry)
    size = max(1, -(-len(data.problems) // parts))
    shards = list(split(data, size))
    if entry.inputs[0].annotation == "Shards":
        return Data.join(method(MemoryShards(shards), *_further(entry, others)))
    return Data.join(method(shard, *others) for shard in shards)


@pytest.mark.parametrize("entry", CURATIONS)
def test_everything_that_goes_in_comes_out_in_its_order_with_its_marks(entry, tmp_path):
    data, *_ = curated(entry)
    made = curate(entry, tmp_path, data)
    for records in (made.problems, made.traces):
        assert len(set(ids(records))) == len(records), "ids are unique"
    if makes_anew(entry):
        assert made.problems, "made of the example's traces"
        return
    problems = {problem.id: problem for problem in made.problems}
    traces = made.trace_by_id()
    assert problems.keys() >= {*ids(data.problems)}, "no problem is deleted"
    assert traces.keys() >= {*ids(data.traces)}, "no trace is deleted"
    assert {told(pair) for pair in made.pairs} >= {told(pair) for pair in data.pairs}, "no pair is deleted"
    if entry.name != "shuffle":
        assert [name for name in ids(made.problems) if name in data.problem_by_id()] == ids(data.problems)
    for before in data.traces:
        after = traces[before.id]
        assert (after.reasoning, after.answer, after.problem_id) == (
            before.reasoning, before.answer, before.problem_id,
        )  # fmt: skip
        assert after.verdicts[: len(before.verdicts)] == before.verdicts, "verdicts are added to"
        if entry.name not in ("keep_outcome", "restored"):
            assert {*after.marks} >= {*before.marks}
    for problem in data.problems:
        assert {*problems[problem.id].marks} >= {*problem.marks}
        assert problems[problem.id].question == problem.question


@pytest.mark.parametrize("entry", CURATIONS)
def test_its_input_is_as_it_was(entry, tmp_path):
    inputs = curated(entry)
    before = [deepcopy(plain(data)) for data in inputs]
    method = ready(entry, **curation_inputs(entry, tmp_path))
    if entry.inputs[0].annotation == "Shards":
        list(method(MemoryShards([inputs[0]]), *_further(entry, inputs[1:])))
    else:
        method(*inputs)
    assert [plain(data) for data in inputs] == before


@pytest.mark.parametrize("entry", CURATIONS)
def test_shards_change_nothing_and_neither_does_doing_it_again(entry, tmp_path):
    data, *_ = curated(entry)
    whole = curate(entry, tmp_path, data)
    assert plain(curate(entry, tmp_path, data)) == plain(whole)
    if not entry.many_inputs:
        assert in_groups(curate(entry, tmp_path, data, parts=3)) == in_groups(whole)


def sizes(data: Data) -> tuple[int, ...]:
    return len(data.traces), len(data.pairs), sum(len(trace.verdicts) for trace in data.traces)


@pytest.mark.parametrize("entry", CURATIONS)
def test_what_only_marks_marks_once(entry, tmp_path):
    data, *_ = curated(entry)
    once = curate(entry, tmp_path, data)
    if sizes(once) != sizes(data) or makes_anew(entry) or entry.name == "shuffle":
        pytest.skip("adds records or verdicts, or another order: a second time it does so again")
    assert plain(curate(entry, tmp_path, once)) == plain(once)


@pytest.mark.parametrize("entry", CURATIONS)
def test_nothing_at_all_stays_nothing(entry, tmp_path):
    assert plain(curate(entry, tmp_path, Data())) == plain(Data())
