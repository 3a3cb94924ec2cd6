"""verifiers/abstention: right, wrong, or an admission of ignorance."""

from __future__ import annotations

import pytest

from limbeck.problems.worlds.facts import facts
from limbeck.records import Problem, Trace
from limbeck.verifiers.answers.abstention import abstention


def asked(
    verifier, given: str, answer: str | None = "7", reasoning: str = "", name: str = "p#0", **more
) -> str:
    problem = Problem(id="p", question="?", answer=answer)
    return verifier(
        problem, Trace(id=name, problem_id="p", reasoning=reasoning, answer=given), **more
    ).outcome


@pytest.mark.parametrize(
    ("given", "reference", "outcome"),
    [("7", "7", "correct"), ("8", "7", "wrong"), ("?", "7", "unknown"), ("", "7", "unparsed"),
     ("Why?", "why?", "correct"), ("8", None, "unknown")],
)  # fmt: skip
def test_an_honest_answer_is_right_or_admits_ignorance(given, reference, outcome):
    assert asked(abstention, given, reference, phrases=("?",)) == outcome


def test_refusals_are_known_by_their_words():
    assert asked(abstention, "Sorry, I do NOT know.") == "unknown"
    assert asked(abstention, "PARIS", "Paris") == "correct"
    assert asked(abstention, "PARIS", "Paris", casefold=False) == "wrong"
    data = facts(n=60, solve="honest")
    for problem, trace in zip(data.problems, data.traces, strict=True):
        wanted = "correct" if problem.meta["known"] else "unknown"
        assert abstention(problem, trace, phrases=("?",)).outcome == wanted == trace.outcome
