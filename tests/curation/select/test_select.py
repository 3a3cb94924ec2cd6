"""curation/merge, sample_problems and shuffle: sets joined, drawn from and put in order."""

from __future__ import annotations

import subprocess
import sys

import pytest

from limbeck.curation.select import merge as merging
from limbeck.curation.select.sample_problems import sample_problems
from limbeck.curation.select.shuffle import shuffle
from limbeck.errors import LimbeckError
from limbeck.pipeline.store import MemoryShards, split
from limbeck.records import Data, Pair, Problem, Trace, Verdict


def trace(name: str, outcome: str = "correct", problem: str = "p", **more) -> Trace:
    verdicts = [Verdict("test", outcome)] if outcome != "unknown" else []  # type: ignore[arg-type]
    return Trace(**{"id": name, "problem_id": problem, "answer": name, "verdicts": verdicts, **more})


def problems(*questions: str, source: str = "s") -> list[Problem]:
    return [
        Problem(id=f"{source}{i}", question=question, source=source) for i, question in enumerate(questions)
    ]


def merge(*sets: Data, size: int = 0) -> Data:
    """Sets joined, each in shards of so many problems, or in one."""
    streams = [MemoryShards([*split(each, size)] if size else [each]) for each in sets]
    return Data.join(merging.merge(*streams))


def test_merge_joins_traces_under_one_problem():
    one_, two = (
        Problem(id="p", question="q", answer="1,000", meta={"a": 1}),
        Problem(id="p", question="q", answer="1000.0", meta={"b": 2}),
    )
    data = merge(Data([one_], [trace("x")]), Data([two, *problems("z")], [trace("y"), trace("x")]))
    assert [p.id for p in data.problems] == ["p", "s0"]
    assert data.problems[0].meta == {"a": 1, "b": 2}
    assert data.problems[0].marks == []
    assert [t.id for t in data.traces] == ["x", "y"]
    three = Problem(id="p", question="q", answer="7")
    conflict = merge(data, Data([three])).problems[0]
    assert conflict.marks == ["answer_conflict"]
    assert conflict.meta["answers_given"] == ["1,000", "7"]
    with pytest.raises(LimbeckError, match="two different traces"):
        merge(Data([one_], [trace("x")]), Data([two], [trace("x", "wrong")]))


def several(names: str, questions: range, **more) -> Data:
    """Problems with a trace and a pair by each of several writers."""
    data = Data([Problem(id=f"p{at}", question=str(at), answer="1", **more) for at in questions])
    for at in questions:
        data.traces += [trace(f"{name}{at}", problem=f"p{at}") for name in names]
        data.pairs.append(Pair(problem_id=f"p{at}", chosen=f"{names[0]}{at}", rejected=f"{names[-1]}{at}"))
    return data


@pytest.mark.parametrize("size", [1, 3, 100])
def test_many_problems_are_joined_as_few_are(monkeypatch, size):
    # Of the second set half is in the first; a trace of the first belongs to a problem of the second.
    sets = [
        several("ab", range(12)),
        several("bc", range(6, 20), meta={"more": 1}),
        several("d", range(18, 25)),
    ]
    streams = [[*split(each, size)] for each in sets]
    early = trace("early", problem="p19")
    streams[0][-1].traces.append(early)
    sets[0].traces += [early] * (streams[0][-1] is not sets[0])
    whole = merge(*sets)
    assert len(whole.problems) == 25
    assert [each.id for each in whole.by_problem()["p19"]] == ["early", "b19", "c19", "d19"]
    monkeypatch.setattr(merging, "SHARD_PROBLEMS", 10)
    shards = [*merging.merge(*map(MemoryShards, streams))]
    assert [len(each.problems) for each in shards] == [10, 10, 5]
    # What is written of few problems is what is written of many: shards of so many problems.
    assert shards == [*split(whole, 10)]


def test_traces_of_one_id_are_refused_in_shards_apart(monkeypatch):
    monkeypatch.setattr(merging, "SHARD_PROBLEMS", 2)
    one_, other = several("a", range(4)), several("b", range(4, 8))
    other.traces[3] = trace("a0", problem="p7")
    with pytest.raises(LimbeckError, match="two different traces have the id 'a0'"):
        merge(one_, other, size=1)
    changed = several("a", range(4))
    changed.traces[2] = trace("a2", problem="p2", model="another")
    with pytest.raises(LimbeckError, match="two different traces have the id 'a2'"):
        merge(one_, changed, size=1)


def test_take_draws_by_id_whatever_the_shards():
    whole = problems(*map(str, range(50)))
    apart = MemoryShards([Data(whole[:20]), Data(whole[20:])])

    def drawn(shards, n):
        return {p.id for data in sample_problems(shards, n=n) for p in data.problems if not p.marks}

    assert drawn(apart, 10) == drawn(MemoryShards([Data(whole[::-1])]), 10)
    assert len(drawn(apart, 10)) == 10
    assert drawn(apart, 10) < drawn(apart, 30)
    assert len(drawn(apart, 99)) == 50


def test_shuffle_carries_traces_and_pairs_across_shards(monkeypatch):
    monkeypatch.setattr("limbeck.curation.select.shuffle.SHARD", 3)
    parts = [
        Data(
            problems("a", "b", source=s),
            [trace(f"{s}t", problem=f"{s}1")],
            [Pair(problem_id=f"{s}1", chosen="x", rejected="y")],
        )
        for s in "uvwx"
    ]
    shards = list(shuffle(MemoryShards(parts), seed=1))
    assert [len(data.problems) for data in shards] == [3, 3, 2]
    for data in shards:
        inside = {problem.id for problem in data.problems}
        assert {t.problem_id for t in data.traces} == {p.problem_id for p in data.pairs} <= inside
    whole = Data.join(shards)
    assert sorted(p.id for p in whole.problems) == sorted(p.id for part in parts for p in part.problems)
    assert len(whole.traces) == len(whole.pairs) == 4


def test_nothing_heavy_is_imported_with_the_room():
    code = "import sys, limbeck.curation.mark.near_duplicates, limbeck.curation.mark.length, limbeck.shapes\n"
    code += "print({'torch', 'transformers', 'daft', 'datasets'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "set()\n"
    )
