"""Samples per problem follow what is known of it, and are the samples that teachers/sample draws."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.budget import UNASKED
from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.journal import Journal
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.teachers.write.adaptive import Enough, estimate, precheck

adaptive = flat("teachers/adaptive")
sample = flat("teachers/sample")


def problems(*questions: str) -> Data:
    return Data([Problem(id=question, question=question, answer="4") for question in questions])


def context(heard: list | None = None) -> Context:
    return Context(Path("."), report=heard.append if heard is not None else lambda event: None)


def exact(problem: Problem, trace: Trace) -> Verdict:
    outcome = "correct" if trace.answer == problem.answer else "unknown" if trace.answer == "?" else "wrong"
    return Verdict("exact", outcome, trace.answer)


def drawn(replies: dict, **settings) -> tuple[dict[str, int], list[str]]:
    """Samples by problem, and what was said."""
    heard: list = []
    given = {"format": "plain", "verifier": exact, "ctx": context(heard), **settings}
    out = adaptive(problems(*replies), model=Scripted(replies), **given)
    counts = dict.fromkeys(replies, 0)
    for trace in out.traces:
        counts[trace.problem_id] += 1
    return counts, [event["message"] for event in heard if event["kind"] == "log"]


def test_an_interval_narrow_enough():
    """Wilson at 95%: 0 of 9 is 0.299 wide, 0 of 8 is 0.324; 1 of 2 right needs 40 (0.298; of 38 it is
    0.305)."""
    sure, even = ["4"], ["4", "5"]
    counts, notes = drawn({"sure": sure, "even": even}, width=0.3, first=1, at_once=1, k=64)
    assert counts == {"sure": 9, "even": 39}
    assert notes == ["2 of 2 problems settled with 48 of 128 samples"]


def test_rounds_are_drawn_whole_and_no_further_than_k():
    counts, notes = drawn({"sure": ["4"], "even": ["4", "5"]}, width=0.3, first=4, at_once=4, k=18)
    assert counts == {"sure": 12, "even": 18}
    assert notes == ["1 of 2 problems settled with 30 of 36 samples"]


def test_a_band_is_settled_within_or_clear_of_it():
    """Of 16, none right is at most 0.194: clear of 0.2. Of 15 it is 0.204. Half right lies within 0.2 to 0.8
    from 8 on (0.215 to 0.785); of 6 it is 0.188 to 0.812."""
    replies = {"hard": ["5"], "even": ["4", "5"], "easy": ["4"]}
    counts, _ = drawn(replies, goal="band", low=0.2, high=0.8, first=2, at_once=2, k=32)
    assert counts == {"hard": 16, "even": 8, "easy": 16}
    counts, _ = drawn({"hard": ["5"]}, goal="band", low=0.2, high=0.8, first=15, at_once=1, k=32)
    assert counts == {"hard": 16}


def test_a_pair_is_a_right_and_a_wrong_trace_that_ended():
    cut = Completion(text="5", finish="length", tokens=9)
    right_but_cut = Completion(text="4", finish="length", tokens=9)
    replies = {"mixed": ["5", "5", "4"], "cut": [cut, "4", "4", "5"], "sure": ["4"]}
    replies["half"] = ["5", right_but_cut, "5", "5", "4"]
    counts, notes = drawn(replies, goal="pair", first=1, at_once=1, k=6)
    assert counts == {"mixed": 3, "cut": 4, "sure": 6, "half": 5}
    assert notes == ["3 of 4 problems settled with 18 of 24 samples"]


def test_what_nobody_can_judge_does_not_count():
    """Of every two samples one is unknown: nine right ones are eighteen samples, but for the last."""
    counts, _ = drawn({"half": ["4", "?"]}, width=0.3, first=1, at_once=1, k=64)
    assert counts == {"half": 17}


def test_samples_are_those_that_sample_draws(tmp_path):
    data, asked = problems("sure", "even"), []

    def reply(messages, number):
        asked.append((messages[-1]["content"], number))
        return "4" if messages[-1]["content"] == "sure" or number % 2 else "5"

    model = Journal(Scripted(reply), tmp_path / "journal.jsonl")
    plain = sample(data, model=model, k=16, seed=3, format="plain", ctx=context())
    assert len(asked) == 32
    settings = {"k": 20, "seed": 3, "format": "plain", "width": 0.3, "first": 4, "at_once": 8}
    out = adaptive(data, model=model, verifier=exact, **settings, ctx=context())
    assert sorted(asked[32:]) == [("even", number) for number in range(16, 20)], "the rest is in the journal"
    known = {trace.id: trace for trace in plain.traces}
    assert [trace.id for trace in out.traces] == [
        *(f"sure#scripted-{number}" for number in range(12)),
        *(f"even#scripted-{number}" for number in range(20)),
    ]
    for trace in out.traces:
        if trace.id in known:
            assert (trace.answer, trace.params) == (known[trace.id].answer, known[trace.id].params)


def test_problems_with_a_mark_are_not_asked_and_failures_are_marked():
    data = problems("sure", "bad")
    data.problems[1].marks.append("invalid")
    failing = Scripted(["4"], fail_every=3)
    out = adaptive(data, model=failing, verifier=exact, k=32, width=0.3, format="plain", ctx=context())
    assert {trace.problem_id for trace in out.traces} == {"sure"}
    assert {trace.outcome for trace in out.traces if trace.finish == "error"} == {"unknown"}


def test_a_spent_budget_ends_the_rounds():
    left = Completion(text="", finish="error", error=f"{UNASKED}the run's budget is spent")
    counts, _ = drawn({"even": ["4", "5", "4", "5", left, left, left, left]}, k=64)
    assert counts == {"even": 8}


REFUSED = [
    ({"width": 0.1, "k": 16}, "k: 16 samples never settle a problem with width: 0.1"),
    ({"goal": "band", "k": 4}, "k: 4 samples never settle a problem with low: 0.2, high: 0.8"),
    ({"goal": "band", "low": 0.5, "high": 0.5}, "low: 0.5 is not below high: 0.5"),
    ({"goal": "pair", "k": 1, "first": 1}, "k: 1 cannot be a right and a wrong trace"),
    ({"first": 100}, "first: 100 samples are more than k: 64"),
    ({"temperature": 0}, "at temperature 0 are all the same"),
    ({"template": "no question"}, "question"),
    ({"format": "thinkk"}, "thinkk"),
]


@pytest.mark.parametrize(("settings", "why"), REFUSED)
def test_bad_settings_are_refused_when_planned(settings, why):
    drawing = {"temperature": 0.6, "top_p": 0.95, "max_tokens": 64, "template": "{question}"}
    enough = {name: getattr(Enough(), name) for name in Enough.__struct_fields__}
    with pytest.raises(LimbeckError, match=why):
        precheck({"k": 64, "format": "think", **drawing, **enough, **settings})


def test_an_estimate_is_what_all_problems_could_take():
    settings = {"k": 64, "template": "{question}", "system": "", "max_tokens": 10}
    assert estimate({"problems": 3}, settings)["samples"] == 192
