"""curation/best_thoughts: which traces go on to the next round, by hand."""

from __future__ import annotations

import pytest

from limbeck.curation.select.best_thoughts import best_thoughts
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.store import MemoryShards
from limbeck.records import Data, Problem, Trace, Verdict


def _tried(problem: str, *attempts: tuple[int, str, float], model: str = "first") -> Data:
    """Attempts as length, outcome and perplexity; names are the problem's with a number."""
    traces = []
    for place, (tokens, outcome, perplexity) in enumerate(attempts):
        marks, verdicts = [] if outcome == "correct" else [outcome], [Verdict("exact", outcome)]
        common = {
            "problem_id": problem,
            "model": model,
            "tokens": tokens,
            "scores": {"perplexity": perplexity},
        }
        traces.append(Trace(id=f"{problem}{place}", marks=marks, verdicts=verdicts, **common))
    return Data([Problem(id=problem, question=problem)], traces)


EASY = _tried("e", (9, "correct", 1.0), (9, "correct", 1.0), (30, "correct", 1.0), (5, "wrong", 1.0))
HARD = _tried("h", (8, "correct", 2.0), (12, "correct", 3.0), (12, "correct", 2.0), (4, "wrong", 1.0),
              (4, "unparsed", 1.0), (4, "wrong", 1.0), (4, "unknown", 1.0))  # fmt: skip
LOST = _tried("l", (7, "wrong", 1.0), model="second")


def kept(tmp_path, **settings) -> list[str]:
    shards = MemoryShards([EASY, HARD, LOST])
    log: list[str] = []
    ctx = Context(tmp_path, report=lambda event: log.append(event["message"]))
    made = Data.join(best_thoughts(shards, ctx=ctx, **settings))
    before = [trace for data in (EASY, HARD, LOST) for trace in data.traces]
    assert [trace.id for trace in made.traces] == [trace.id for trace in before]
    for was, now in zip(before, made.traces, strict=True):
        assert now.marks in (was.marks, ["outranked"])
        assert was.outcome == "correct" or now.marks == was.marks
    names = [trace.id for trace in made.kept()]
    assert log == [
        f"{len(names)} traces of 3 problems that were tried are kept: {len(names)} by first, 0 by second"
    ]
    return names


def test_longer_thoughts_go_before_shorter_and_likelier_before_odder(tmp_path):
    assert kept(tmp_path) == ["e2", "h2"]
    assert kept(tmp_path, per_problem=2) == ["e0", "e2", "h1", "h2"], "of equals the first"
    assert kept(tmp_path, per_problem=0) == ["e0", "e1", "e2", "h0", "h1", "h2"]


def test_of_the_whole_set_those_of_harder_problems_stay(tmp_path):
    # h was right in 3 of 6 judged attempts, e in 3 of 4.
    assert kept(tmp_path, n=1) == ["h2"]
    assert kept(tmp_path, per_problem=0, n=4) == ["e2", "h0", "h1", "h2"]


def test_impossible_numbers(tmp_path):
    with pytest.raises(LimbeckError, match="per_problem=-1"):
        list(best_thoughts(MemoryShards([EASY]), per_problem=-1, ctx=Context(tmp_path)))
