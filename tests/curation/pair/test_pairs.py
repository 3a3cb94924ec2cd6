"""curation/pairs: right traces beside wrong ones."""

from __future__ import annotations

import pytest

from limbeck.curation.mark.reject import reject
from limbeck.curation.pair.pairs import pairs
from limbeck.curation.select.first_correct import first_correct
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace, Verdict


def trace(name: str, outcome: str = "correct", problem: str = "p", **more) -> Trace:
    verdicts = [Verdict("test", outcome)] if outcome != "unknown" else []  # type: ignore[arg-type]
    return Trace(**{"id": name, "problem_id": problem, "answer": name, "verdicts": verdicts, **more})


def one(*traces: Trace) -> Data:
    return Data([Problem(id="p", question="What?")], list(traces))


def marks(data: Data) -> list[list[str]]:
    return [record.marks for record in data.traces]


def test_pairs_choose_only_clean_wrong_traces_and_ignore_not_first():
    data = one(
        trace("c1"), trace("c2"), trace("w1", "wrong", marks=["truncated"]), trace("w2", "wrong"),
        trace("u", "unparsed"), trace("w3", "wrong", marks=["wrong", "duplicate"]), trace("w4", "wrong"),
    )  # fmt: skip
    data = first_correct(reject(data))
    assert marks(data)[1] == ["not_first"]
    found = [(pair.chosen, pair.rejected) for pair in pairs(data, per_problem=2).pairs]
    assert found == [("c1", "w2"), ("c2", "w4")]
    assert len(pairs(data, per_problem=0, choose="all").pairs) == 4
    assert len(pairs(data, per_problem=3, choose="all").pairs) == 3


def test_the_shorter_side_starts_over_and_no_pair_comes_twice():
    data = one(trace("c1"), *[trace(f"w{i}", "wrong") for i in range(3)])
    found = [(pair.chosen, pair.rejected) for pair in pairs(data, per_problem=5).pairs]
    assert found == [("c1", "w0"), ("c1", "w1"), ("c1", "w2")]


def test_pairs_shortest_and_random():
    data = one(
        trace("long", tokens=9),
        trace("short", tokens=2),
        *[trace(f"w{i}", "wrong", tokens=5 - i) for i in range(4)],
    )
    (pair,) = pairs(data, choose="shortest").pairs
    assert (pair.chosen, pair.rejected) == ("short", "w3")
    drawn = [
        tuple((p.chosen, p.rejected) for p in pairs(data, choose="random", seed=s, per_problem=2).pairs)
        for s in range(8)
    ]
    assert len(set(drawn)) > 2
    assert drawn[3] == tuple(
        (p.chosen, p.rejected) for p in pairs(data, choose="random", seed=3, per_problem=2).pairs
    )


def test_a_marked_problem_gets_no_pair():
    data = one(trace("c"), trace("w", "wrong"))
    data.problems[0].marks = ["contaminated"]
    assert pairs(data).pairs == []
    with pytest.raises(LimbeckError, match="per_problem=-1"):
        pairs(data, per_problem=-1)
