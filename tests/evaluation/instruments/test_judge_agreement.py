"""Agreement with people, held against formulas, brute force and hands."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.evaluation._agreement import agree, best_tie, kendall, pairs_of
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace

judge_agreement = flat("evaluation/judge_agreement")
CONTEXT = Context(Path("."))


def judged(rows: list[list[tuple[float, float | None]]]) -> Data:
    """For each source the human number and the judge's of one text a system."""
    data = Data()
    for at, texts in enumerate(rows):
        data.problems.append(Problem(id=f"p{at}", question="q", source="s"))
        for number, (gold, given) in enumerate(texts):
            scores = {} if given is None else {"mqm": given, "mqm/tokens": 10.0 * number}
            name = f"p{at}-{number}"
            data.traces.append(
                Trace(id=name, problem_id=f"p{at}", model=f"m{number}", params={"gold": gold}, scores=scores)
            )
    return data


def test_pairs_in_the_right_order_by_hand():
    # Three texts of human numbers 0, -1, -1: two pairs have an order, one is a tie.
    known = pairs_of([0, -1, -1])
    assert known.tolist() == [1, 1, 0]
    assert agree(pairs_of([0, -2, -3]), known).tolist() == [True, True, False]
    assert agree(pairs_of([0, -2, -3]), known, tie=1).tolist() == [True, True, True]
    assert agree(pairs_of([0, -2, -3]), known, tie=2).tolist() == [False, True, True]
    assert best_tie([(pairs_of([0, -2, -3]), known)]) == 1


def test_the_threshold_is_the_best_of_all():
    rng = np.random.default_rng(0)
    for _ in range(50):
        given = [pairs_of(rng.integers(0, 6, 4)) for _ in range(3)]
        known = [pairs_of(rng.integers(0, 3, 4)) for _ in range(3)]
        groups = list(zip(given, known, strict=True))

        def hits(tie: float, groups=groups) -> int:
            return sum(int(agree(*group, tie).sum()) for group in groups)

        best = best_tie(groups)
        assert hits(best) == max(map(hits, range(7)))
        assert all(hits(tie) < hits(best) for tie in range(int(best)))


def test_tau_b_is_its_formula():
    x, y = [3, 1, 2, 2, 5], [1, 1, 3, 2, 4]
    pairs = list(combinations(range(5), 2))
    signs = [(np.sign(x[i] - x[j]), np.sign(y[i] - y[j])) for i, j in pairs]
    wanted = sum(a * b for a, b in signs) / np.sqrt(
        sum(a != 0 for a, _ in signs) * sum(b != 0 for _, b in signs)
    )
    assert kendall(x, y) == pytest.approx(wanted)
    assert kendall([1, 1], [0, 1]) == 0.0


def test_all_rows_by_hand():
    data = judged([[(0, 0), (-5, -4), (-5, -6)], [(0, -1), (-1, 0), (-9, None)]])
    made = judge_agreement(data, score="mqm", ctx=CONTEXT)
    values = {row.metric: row.value for row in made.results}
    # Differences of 4, 6, 2 and -1: with those up to 2 called equal three of four pairs are right.
    assert values["pairs"] == pytest.approx((1 + 0) / 2)
    assert values["kendall"] == pytest.approx((2 / np.sqrt(6) + -1) / 2)
    assert values["unread"] == pytest.approx(1 / 6)
    # Means of the systems: 0, -3, -5 known, -0.5, -2, -6 given.
    assert values["systems"] == 1.0
    assert values["tokens_error"] == pytest.approx(
        np.mean([t.scores["tokens_error"] for t in made.data.traces[:5]])
    )
    assert values["spearman"] == pytest.approx(np.mean([t.scores["spearman"] for t in made.data.traces[:5]]))
    assert [trace.scores["unread"] for trace in made.data.traces] == [0, 0, 0, 0, 0, 1]


def test_a_score_or_a_gold_that_is_not_there_is_named():
    with pytest.raises(LimbeckError, match="no trace has a number in 'mqn'; did you mean 'mqm'"):
        judge_agreement(judged([[(0, 0)]]), score="mqn", ctx=CONTEXT)
    with pytest.raises(LimbeckError, match="no trace has a number in 'human'"):
        judge_agreement(judged([[(0, 0)]]), score="mqm", gold="human", ctx=CONTEXT)
