"""What every generator keeps: shards of different problems, one stream a seed, gold that oracles confirm."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from contract_cases import entries, ready
from generator_oracles import ORACLES
from msgspec import to_builtins

from limbeck.errors import LimbeckError
from limbeck.pipeline.registry import methods
from limbeck.problems.generated import _stream
from limbeck.records import Data, Trace
from limbeck.verifiers.ops import verify

GENERATORS = entries("problems", shelf="generated")
SMALL = {"sudokus": {"size": 4}}
"""Cheaper settings, where the defaults take long."""


def made(entry, n: int = 24, **more) -> Data:
    if "solve" in entry.params:
        annotation = entry.params["solve"].annotation
        more = {"solve": True if annotation == "bool" else annotation.split("'")[3], **more}
    return Data.join(ready(entry, n=n, **{**SMALL.get(entry.name, {}), **more})())


def test_every_generator_has_an_oracle():
    assert {case.id for case in GENERATORS} == set(ORACLES)


@pytest.mark.parametrize("entry", GENERATORS)
def test_the_gold_is_what_an_oracle_finds_and_the_verifier_accepts(entry):
    data = made(entry, 40)
    verifier = ready(methods("verifiers")[data.problems[0].verifier])
    for problem in data.problems:
        assert ORACLES[entry.name](problem) == "", problem.question
        gold = Trace(id="gold", problem_id=problem.id, answer=problem.answer or "", finish="stop")
        [judged] = verify(verifier, {problem.id: problem}, [gold])
        assert judged.outcome == "correct", (problem.question, judged.verdicts[-1].reason)
    assert len(data.traces) == len(data.problems)
    assert all(trace.reasoning for trace in data.traces)
    for trace in verify(verifier, data.problem_by_id(), data.traces):
        assert trace.outcome == "correct", trace.verdicts[-1].reason


@pytest.mark.parametrize("entry", GENERATORS)
def test_an_oracle_rejects_another_answer(entry):
    """An oracle that agrees with everything would prove nothing."""
    for problem in made(entry, 6).problems:
        answer, label = problem.answer or "", problem.meta.get("label")
        if label:
            others = {"entailment": "neutral", "neutral": "contradiction", "contradiction": "entailment",
                      "proved": "disproved", "disproved": "unknown", "unknown": "proved"}  # fmt: skip
            problem.meta["label"] = others[label]
        else:
            swap = {"U": "D", "D": "U", "L": "R", "R": "L", "1": "2"}
            problem.answer = answer[:-1] + swap.get(answer[-1], "1")
        assert ORACLES[entry.name](problem) != ""


@pytest.mark.parametrize("entry", GENERATORS)
def test_a_seed_makes_one_stream_and_splits_share_nothing(entry):
    first, again, other = made(entry, seed=1), made(entry, seed=1), made(entry, seed=2)
    assert to_builtins(first.problems) == to_builtins(again.problems)
    assert to_builtins(first.traces) == to_builtins(again.traces)
    assert to_builtins(first.problems) != to_builtins(other.problems)
    asked = [
        {problem.question for problem in made(entry, split=split).problems} for split in ("train", "test")
    ]
    assert not asked[0] & asked[1]
    assert len(asked[0]) == 24
    # A shorter stream is the beginning of a longer one.
    assert to_builtins(made(entry, 5, seed=1).problems) == to_builtins(first.problems[:5])


@pytest.mark.parametrize("entry", GENERATORS)
def test_problems_come_in_shards_before_all_are_made(entry, monkeypatch):
    monkeypatch.setattr(_stream, "SHARD", 3)
    shards = ready(entry, n=1_000_000, **SMALL.get(entry.name, {}))()
    assert [len(shard.problems) for shard in itertools.islice(shards, 2)] == [3, 3]


@pytest.mark.parametrize("entry", GENERATORS)
def test_impossible_settings_are_refused(entry):
    with pytest.raises(LimbeckError, match="split"):
        made(entry, split="tomorrow")
    with pytest.raises(LimbeckError, match="n="):
        made(entry, 0)


def test_labels_take_turns():
    for name in ("logic_grammar", "formal_deduction"):
        entry = methods("problems")[name]
        counts = Counter(problem.meta["label"] for problem in made(entry, 30).problems)
        assert set(counts.values()) == {10}
