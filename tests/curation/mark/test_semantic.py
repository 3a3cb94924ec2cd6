"""Semantic duplicates, and problems that benchmarks have too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from limbeck import embedding
from limbeck.curation.mark import semantic_duplicates as module
from limbeck.curation.mark.leaked import leaked
from limbeck.curation.mark.semantic_duplicates import semantic_duplicates
from limbeck.leaks import Looking
from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Problem, Trace, Verdict


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return Context(tmp_path)


def angles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts are angles in degrees, and their vectors point there."""

    def embed(texts):
        radians = np.radians([float(text.split()[0]) for text in texts])
        return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)

    monkeypatch.setattr(embedding, "embedder", lambda name: embed)


def problems(*texts: str, **marks: list[str]) -> Data:
    return Data(
        [Problem(id=f"p{n}", question=text, marks=marks.get(f"p{n}", [])) for n, text in enumerate(texts)]
    )


def duplicates(shards: list[Data], ctx: Context, **settings) -> dict[str, str]:
    marked = semantic_duplicates(MemoryShards(shards), ctx=ctx, numbers="any", **settings)
    every = [problem for data in marked for problem in data.problems]
    again = {p.id for p in every if "semantic_duplicate" in p.marks}
    assert again == {p.id for p in every if "duplicate_of" in p.meta}
    return {p.id: p.meta["duplicate_of"] for p in every if p.id in again}


@pytest.mark.parametrize("block", [1, 2, 1024])
def test_a_record_is_held_against_those_that_stay(monkeypatch, ctx, block):
    """cos 20° = 0.94: 18° is near 0°; 36° near 18° alone, which does not stay; 54° near 36°."""
    angles(monkeypatch)
    monkeypatch.setattr(module, "BLOCK", block)
    data = problems("0", "18", "36", "54", "90")
    assert duplicates([data], ctx, threshold=0.94) == {"p1": "p0", "p3": "p2"}
    assert list(ctx.dir.iterdir()) == [], "vectors do not stay"


def test_shards_and_marks(monkeypatch, ctx):
    angles(monkeypatch)
    first, second = (
        problems("0", "90"),
        Data([Problem(id="q", question="1")], [Trace(id="t", problem_id="q")]),
    )
    assert duplicates([first, second], ctx) == {"q": "p0"}
    assert duplicates([problems("0", "1", p0=["wrong"])], ctx) == {}, "what is marked neither gives nor takes"
    assert duplicates([Data()], ctx) == {}


def test_many_records_are_parted_by_centres_and_neighbours_stay_together(monkeypatch, ctx):
    angles(monkeypatch)
    monkeypatch.setattr(module, "CELL", 10)
    data = problems(*(str(degrees) for n in range(20) for degrees in (9 * n, 9 * n + 1)))
    again = duplicates([data], ctx, threshold=0.999)
    assert {later: first for later, first in again.items() if int(first[1:]) + 1 == int(later[1:])} == again
    assert len(again) >= 17, "a pair may lie on a border, of which there are three"


def test_other_numbers_are_other_problems_unless_told(ctx):
    texts = [f"Tom has {n} apples and buys 5 more. How many apples does he have?" for n in ("3", "4", "3")]
    for numbers, want in (("same", {"p2"}), ("any", {"p1", "p2"})):
        shards = MemoryShards([problems(*texts)])
        (data,) = semantic_duplicates(shards, vectors="letters", threshold=0.9, numbers=numbers, ctx=ctx)
        assert {p.id for p in data.problems if p.marks} == want, numbers


def test_traces_are_compared_within_their_problem_and_outcome(ctx):
    def trace(name: str, problem: str, outcome: str) -> Trace:
        text = "First I add three and four, which is seven."
        return Trace(id=name, problem_id=problem, answer=text, verdicts=[Verdict("v", outcome)])

    traces = [
        trace("a", "p", "correct"),
        trace("b", "p", "wrong"),
        trace("c", "q", "correct"),
        trace("d", "p", "correct"),
    ]
    shards = MemoryShards([Data([Problem(id="p", question="?"), Problem(id="q", question="?")], traces)])
    (data,) = semantic_duplicates(shards, compare="traces", vectors="letters", ctx=ctx)
    assert [t.marks for t in data.traces] == [[], [], [], ["semantic_duplicate"]]


def test_a_leaked_problem_keeps_beside_what_it_stands(ctx):
    bench = Data(
        [Problem(id="b1", question="A farmer has 12 hens and sells 5 of them today.", source="farm")]
    )
    data = problems("A farmer has 20 hens and sells 7 of them today.", "What is a prime number?")
    out = leaked(data, bench, ctx=ctx)
    assert [p.marks for p in out.problems] == [["leaked"], []]
    assert out.problems[0].meta["leaked_from"] == [
        {
            "benchmark": "farm",
            "id": "b1",
            "question": bench.problems[0].question,
            "how": "numbers",
            "similarity": 1.0,
        }
    ]
    assert leaked(data, bench, looking=Looking(by=("exact",)), ctx=ctx).problems == data.problems
    assert data.problems[0].marks == [], "the input stays as it is"
