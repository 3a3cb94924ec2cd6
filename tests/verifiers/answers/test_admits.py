"""`verifiers/admits`: 0 abstains, 1 the reference, 2 something else."""

from __future__ import annotations

import pytest

from limbeck.pipeline.parameters import ready
from limbeck.records import Problem, Trace


@pytest.mark.parametrize(
    ("reasoning", "answer", "reference", "outcome"),
    [
        ("So 8.", "8", "8", "correct"),
        ("So 9.", "9", "8", "wrong"),
        ("Hm.\n\nIt is not specified.", "9", None, "unknown"),  # the last two paragraphs
        ("It is not specified.\n\nSo 9.", "9", None, "wrong"),
        ("So.", "It cannot be determined.", "8", "unknown"),
        ("So 9.", "", None, "unparsed"),
        ("", "There is not enough information.", None, "unknown"),
    ],
)
def test_the_last_paragraphs_decide(reasoning, answer, reference, outcome):
    verifier = ready("verifiers/admits", verifier="exact")
    problem = Problem(id="p", question="?", answer=reference)
    assert (
        verifier(problem, Trace(id="t", problem_id="p", reasoning=reasoning, answer=answer)).outcome
        == outcome
    )
