"""problems/assignment: the one best for all."""

from __future__ import annotations

from itertools import permutations

from limbeck.problems.worlds.assignment import LABELS, assignment, fitting, strike


def test_an_assignment_is_the_one_best_for_all_and_not_to_be_had_item_by_item():
    assert fitting("013", 4) == "ad"
    assert fitting("330", 4) == "d"
    assert strike(["ab", "b", "abc"]) == [["ab", "b", "abc"], ["a", "b", "ac"], ["a", "b", "c"]]
    assert strike(["ab", "ab", "c"]) == [["ab", "ab", "c"]]
    for problem in assignment(n=100, items=5, seed=5).problems:
        items = problem.question.split()
        best = {
            "".join(LABELS[label] for label in given)
            for given in permutations(range(5))
            if all(LABELS[label] in fitting(item, 5) for label, item in zip(given, items, strict=True))
        }
        assert best == {problem.answer}
        assert problem.meta["alone"] == sum(len(fitting(item, 5)) == 1 for item in items) < 5
