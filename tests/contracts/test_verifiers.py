"""What every verifier keeps: one of five outcomes, whatever a model wrote; ``wrong`` only with a witness."""

from __future__ import annotations

from copy import deepcopy
from typing import get_args

import pytest
from contract_cases import entries
from contract_verdicts import MAY_LACK, example
from msgspec.structs import replace

from limbeck.errors import Unavailable
from limbeck.records import Outcome, Problem, Trace, Verdict
from limbeck.verifiers.ops import verify

VERIFIERS = entries("verifiers")
OUTCOMES = get_args(Outcome)
HOSTILE = {
    "nothing": "", "blanks": " \n\t ", "nul": "12\x00\x07", "surrogates": "\ud800\udfff12",
    "long": "12 " * 20_000,
    "open": "(" * 3_000, "nested": "[" * 900 + "]" * 900, "boxes": "\\boxed{" * 300, "fences": "```\n" * 300,
    "tower": "9**9**9**9", "code": "__import__('os').system('touch limbeck-was-here')",
    "signs": "\\{}[]()&|,;:<>^_'\"`$#%~\u202e\u200b\ufeff🜛٣Ⅷ", "statement": "'; DROP TABLE people; --",
}  # fmt: skip


def judged(verifier, problem: Problem, *traces: Trace) -> list[Verdict]:
    """As stages do, where a verifier that stumbles gives ``unknown``."""
    return [trace.verdicts[-1] for trace in verify(verifier, {problem.id: problem}, traces)]


def straight(verifier, problem: Problem, trace: Trace) -> Verdict:
    """Asked directly, where what it raises is seen."""
    try:
        verdict = verifier(problem, trace)
    except Unavailable as error:
        pytest.skip(str(error))
    return verdict if isinstance(verdict, Verdict) else verdict.result(timeout=120)


@pytest.mark.parametrize("entry", VERIFIERS)
def test_the_right_answer_is_accepted_each_time_and_the_input_left_alone(entry, tmp_path):
    verifier, problem, trace = example(entry, tmp_path)
    before = deepcopy((problem, trace))
    first, second = straight(verifier, problem, trace), straight(verifier, problem, trace)
    assert first == second
    assert (problem, trace) == before
    inner = verifier.params.get("verifier")
    assert first.verifier in (entry.name, inner and inner.name)
    if first.outcome == "unknown" and entry.name in MAY_LACK:
        pytest.skip(first.reason)
    assert first.outcome == "correct", first.reason
    assert first.score is None or 0 <= first.score <= 1


@pytest.mark.parametrize("entry", VERIFIERS)
def test_an_empty_trace_is_never_correct(entry, tmp_path):
    verifier, problem, trace = example(entry, tmp_path)
    if "model" in entry.params:
        pytest.skip("what is correct is the model's word")
    assert straight(verifier, problem, replace(trace, reasoning="", answer="")).outcome != "correct"


@pytest.mark.parametrize("entry", VERIFIERS)
def test_whatever_was_written_gets_one_of_the_five_outcomes(entry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    verifier, problem, trace = example(entry, tmp_path)
    for kind, text in HOSTILE.items():
        if kind == "tower" and "seconds" in entry.params:
            continue  # as a program it runs until it is stopped, which takes its time
        verdict = straight(verifier, problem, replace(trace, reasoning=text, answer=text))
        assert verdict.outcome in OUTCOMES, kind
        if "model" not in entry.params and "12" not in text:
            assert verdict.outcome != "correct", (kind, verdict)
        assert straight(verifier, problem, replace(trace, answer=text)).outcome in OUTCOMES, kind
    assert not (tmp_path / "limbeck-was-here").exists(), "no answer is run outside the sandbox"


@pytest.mark.parametrize("entry", VERIFIERS)
def test_what_was_cut_off_is_not_wrong(entry, tmp_path):
    verifier, problem, trace = example(entry, tmp_path)
    cut = [
        replace(trace, finish="length", answer=text, id=f"t{len(text)}")
        for text in ("", "7", trace.answer[:-1])
    ]
    assert "wrong" not in {verdict.outcome for verdict in judged(verifier, problem, *cut)}


@pytest.mark.parametrize("entry", VERIFIERS)
def test_a_problem_without_a_reference_makes_nothing_wrong(entry, tmp_path):
    verifier, problem, trace = example(entry, tmp_path)
    if problem.answer is None and not problem.meta:
        pytest.skip("needs no reference")
    bare = Problem(id="p", question=problem.question)
    assert judged(verifier, bare, trace)[0].outcome in ("unknown", "unparsed", "correct")


@pytest.mark.parametrize("entry", [case for case in VERIFIERS if "model" in case.values[0].params])
def test_a_model_that_says_nothing_decides_nothing(entry, tmp_path):
    verifier, problem, trace = example(entry, tmp_path)
    verifier.params["model"].replies = ["hm"]
    verifier.params["model"].chances = {}
    outcome = judged(verifier, problem, trace)[0].outcome
    assert outcome == "unknown" or entry.name in ("reward_model", "discriminator"), "these weigh words alone"
