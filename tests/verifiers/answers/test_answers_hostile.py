"""Hostile answers: whatever a model writes, a verifier says one of the five outcomes, soon and in little
memory."""

from __future__ import annotations

import os
import resource

from hostile_answers import VERIFIERS, check, hostile

from limbeck.records import Problem, Trace
from limbeck.verifiers.ops import judge


def test_no_hostile_answer_hangs_crashes_or_grows():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    texts = list(hostile(600, seed=7))
    for name in VERIFIERS:
        check(name, texts if name != "math" else texts[:250], timeout=0.3)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20, "more than 1 GiB"


def test_no_answer_is_code():
    for name, (verifier, gold) in VERIFIERS.items():
        problem = Problem(id="p", question="", answer=gold)
        trace = Trace(id="t", problem_id="p", answer="__import__('os').system('touch limbeck-was-here')")
        ((_, verdict),) = judge(verifier, [(name, problem, trace)])
        assert verdict.outcome in ("wrong", "unparsed", "unknown")
    assert not os.path.exists("limbeck-was-here")
