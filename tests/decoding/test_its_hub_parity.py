"""Choices of its_hub 1.2.0 on stored samples (`bench/its_hub.py` writes them): ours are the same."""

from __future__ import annotations

import json

import pytest
from its_hub_cases import ours
from paths import REPO

ROWS = json.loads((REPO / "tests/fixtures/its_hub.json").read_text(encoding="utf-8"))


def test_there_are_cases_in_which_it_stops_early_and_in_which_it_does_not():
    drawn = [(row["peer"]["beta"][1], len(row["case"]["answers"])) for row in ROWS]
    assert 10 < sum(count < n for count, n in drawn) < len(drawn)


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_same_samples_are_chosen_after_as_many_paths(row):
    case, peer, mine = row["case"], row["peer"], ours(row["case"])
    answers = case["answers"]
    for name in ("beta", "doubling"):
        at, count = peer[name]
        assert mine[name][1] == count, name
        assert_elected(answers[:count], answers[at], answers[mine[name][0]])
    assert_elected(answers, answers[peer["votes"]], answers[mine["votes"][0]])
    assert mine["best"] == peer["best"]
    assert mine["beam"] == peer["beam"]
    assert mine["weights"] == pytest.approx(peer["weights"], abs=1e-9)


def assert_elected(answers: list[str], theirs: str, given: str) -> None:
    """Of as many votes the peer draws one, ours is the first."""
    votes = {answer: answers.count(answer) for answer in answers}
    assert votes[theirs] == votes[given] == max(votes.values())
    if sum(count == votes[given] for count in votes.values()) == 1:
        assert theirs == given
