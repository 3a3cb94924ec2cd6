"""curation/false_positives: right answers over steps that another verifier refutes."""

from __future__ import annotations

import pytest

from limbeck.curation.mark.false_positives import false_positives
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace, Verdict


def trace(name: str, *verdicts: tuple[str, str]) -> Trace:
    judged = [Verdict(verifier, outcome) for verifier, outcome in verdicts]
    return Trace(id=name, problem_id="p", answer="8", verdicts=judged)


def test_a_right_answer_over_a_refuted_step_is_neither_positive_nor_negative():
    data = Data(
        [Problem(id="p", question="?")],
        [
            trace("sound", ("arithmetic", "correct"), ("math", "correct")),
            trace("lucky", ("arithmetic", "wrong"), ("math", "correct")),
            trace("silent", ("arithmetic", "unknown"), ("math", "correct")),
            trace("wrong", ("arithmetic", "wrong"), ("math", "wrong")),
            trace("unjudged"),
        ],
    )
    marks = {each.id: each.marks for each in false_positives(data, verifier="arithmetic").traces}
    assert marks == {"sound": [], "lucky": ["false_positive"], "silent": [], "wrong": [], "unjudged": []}


def test_a_verifier_that_judged_nothing_is_named():
    data = Data([Problem(id="p", question="?")], [trace("a", ("arithmetic", "wrong"), ("math", "correct"))])
    with pytest.raises(LimbeckError, match=r"'aritmetic'.*did you mean 'arithmetic'"):
        false_positives(data, verifier="aritmetic")
