"""Proofs and documents whose points are known."""

from __future__ import annotations

import random

import pytest
from flat import flat

from limbeck.checkers.remainders import asked, marks, proof, question
from limbeck.errors import LimbeckError

remainders, dossiers = flat("problems/remainders"), flat("problems/dossiers")
TERMS, RNG = (23, 41, 36), random.Random(0)


@pytest.mark.parametrize(
    ("flaws", "points"),
    [
        (("", "", "", ""), [2, 2, 2, 1]),
        (("arithmetic", "", "", ""), [1, 2, 2, 1]),
        (("", "logic", "assumption", ""), [2, 0, 0, 1]),
        (("missing", "", "", "missing"), [0, 2, 2, 0]),
        (("", "", "", "arithmetic"), [2, 2, 2, 0]),
        (("", "", "", "assumption"), [2, 2, 2, 0]),
    ],
)
def test_each_flaw_costs_what_the_scheme_says(flaws, points):
    assert marks(TERMS, 4, proof(TERMS, 4, flaws, RNG)) == points


def test_a_whole_proof_reads_as_one():
    assert proof(TERMS, 4, [""] * 4, RNG) == (
        "23 leaves 3, because 23 = 5 * 4 + 3.\n41 leaves 1, because 41 = 10 * 4 + 1.\n"
        "36 leaves 0, because 36 = 9 * 4 + 0.\nThe sum leaves 0, because 3 + 1 + 0 = 4 = 1 * 4."
    )
    assert asked(question(TERMS, 4)) == ([23, 41, 36], 4)
    assert asked("Show that it holds.") is None


def test_proofs_bear_their_points_and_the_scheme_is_worth_seven():
    data = remainders(n=20, k=3, flaws=0.5)
    for problem in data.problems:
        assert sum(item["points"] for item in problem.meta["rubric"]) == 7
        terms, divisor = asked(problem.question)
        assert sum(terms) % divisor == 0
    clean = [trace for trace in data.traces if not any(trace.params["flaws"])]
    assert clean
    assert all(sum(trace.params["gold"]) == 7 for trace in clean)
    assert {sum(trace.params["gold"]) for trace in remainders(n=5, flaws=1.0).traces} <= {0, 1, 2, 3}


def test_both_solvers_are_right_on_the_same_questions_and_one_of_them_guesses():
    reasoner, guesser = (dossiers(n=400, solve=solver) for solver in ("reasoner", "guesser"))
    outcomes = [[trace.outcome for trace in data.traces] for data in (reasoner, guesser)]
    assert outcomes[0] == outcomes[1]
    right = [at for at, outcome in enumerate(outcomes[0]) if outcome == "correct"]
    assert len(right) / 400 == pytest.approx(0.7, abs=0.07)
    assert all(all(reasoner.traces[at].params["gold"]) for at in right)
    lucky = sum(not all(guesser.traces[at].params["gold"]) for at in right)
    assert lucky / len(right) == pytest.approx(0.4, abs=0.09)


def test_what_the_checklist_wants_stands_in_the_document():
    data = dossiers(n=10, solve="reasoner", right=1.0)
    for problem, trace in zip(data.problems, data.traces, strict=True):
        needed = [item["text"].removeprefix("says: ") for item in problem.meta["rubric"]]
        assert all(fact in problem.question and fact in trace.reasoning for fact in needed)
        assert sum(int(fact.split()[-2]) for fact in needed) == int(problem.answer)


def test_more_facts_than_there_are_depots_are_refused():
    with pytest.raises(LimbeckError, match="size=500: it must lie between 4 and 156"):
        dossiers(size=500)
