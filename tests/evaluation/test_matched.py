"""A strategy against votes of as many tokens: how many votes these are, and the difference by hand."""

from __future__ import annotations

import pytest

from limbeck.evaluation.matched import against_votes
from limbeck.records import Data, Problem, Trace, Verdict


def samples(answers: dict[str, list[str]], tokens: int | None) -> Data:
    """Each problem's answers, of which ``a`` is right."""
    data = Data([Problem(id=name, question=name, answer="a", source="toy") for name in answers])
    for name, given in answers.items():
        for place, answer in enumerate(given):
            verdict = Verdict("exact", "correct" if answer == "a" else "wrong", extracted=answer)
            made = Trace(
                id=f"{name}/{place}", problem_id=name, answer=answer, tokens=tokens, verdicts=[verdict]
            )
            made.params = {"temperature": 1.0, "benchmark": "toy"}
            data.traces.append(made)
    return data


# Majorities of three: p has two of three right, q one.
PLAIN = samples({"p": ["a", "b", "a"], "q": ["b", "a", "b"]}, 10)


@pytest.mark.parametrize(("tokens", "k"), [(3, 1), (14, 1), (26, 3), (34, 3), (500, 3)])
def test_as_many_votes_as_take_its_tokens(tokens, k):
    (each,) = against_votes(samples({"p": ["a"], "q": ["a"]}, tokens), PLAIN, ("s", "plain"))
    assert each.metric == f"pass@1 against maj@{k}"
    assert each.value == 1
    # One vote is right in 2 of 3 and 1 of 3 cases, three votes always for p and never for q.
    assert each.other == pytest.approx(0.5)
    assert each.diff == pytest.approx(0.5)
    assert (each.better, each.than, each.problems, each.samples) == ("s", "plain", 2, 8)


def test_only_common_problems_and_counted_tokens():
    (each,) = against_votes(samples({"p": ["b"], "z": ["a"]}, 30), PLAIN, ("s", "plain"))
    assert (each.problems, each.value, each.other) == (1, 0, 1)
    assert against_votes(samples({"p": ["b"]}, None), PLAIN, ("s", "plain")) == []
    assert against_votes(samples({"z": ["a"]}, 30), PLAIN, ("s", "plain")) == []
