"""problems/proofs: thought backwards, in the steps they use."""

from __future__ import annotations

import re
from collections import Counter

from limbeck.problems.worlds.proofs import proofs


def texts(data):
    asked = data.problem_by_id()
    return [(asked[trace.problem_id], trace.reasoning + trace.answer, trace) for trace in data.traces]


def test_proofs_are_thought_backwards_in_the_steps_they_use():
    data = proofs(n=300, solve="careful")
    for problem, text, trace in texts(data):
        thought, _, proof = text.partition(";")
        assert thought.startswith(f"?{problem.question.split(':')[1]}[")
        snippets = [step for block in re.findall(r"\[(.*?)\]", thought) for step in block.split(",")]
        assert sorted(snippets) == sorted(proof.split(","))
        assert (trace.answer, len(snippets)) == (proof, problem.meta["steps"])
    assert set(Counter(problem.meta["steps"] for problem in data.problems)) == {2, 3, 4}
