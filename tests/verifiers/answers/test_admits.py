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
    meta = {} if reference else {"premise": "There are 5 figs."}
    problem = Problem(id="p", question="?", answer=reference, meta=meta)
    assert (
        verifier(problem, Trace(id="t", problem_id="p", reasoning=reasoning, answer=answer)).outcome
        == outcome
    )


def test_without_a_reference_nothing_is_wrong_unless_a_premise_was_taken():
    verifier = ready("verifiers/admits", verifier="exact")
    bare = Problem(id="p", question="?")
    assert verifier(bare, Trace(id="t", problem_id="p", reasoning="So.", answer="9")).outcome == "unknown"
