"""evaluation/judged: what a judge is worth against labels."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limbeck.errors import LimbeckError
from limbeck.evaluation.instruments._ranking import below, hit_at_1, reciprocal_rank, weighted_auc
from limbeck.evaluation.instruments.judged import judged
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict


@pytest.fixture
def ctx(tmp_path):
    return Context(tmp_path)


def test_ranking_by_hand():
    right, scores = [False, True, True, False], [0.9, 0.9, 0.2, 0.1]
    assert hit_at_1(right, scores) == 0.5
    assert reciprocal_rank(right, scores) == pytest.approx((1 + 1 / 2) / 2)
    assert below([0.9, 0.2], [0.9, 0.1]).tolist() == [0.75, 0.5]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.5, 0.9])), min_size=1, max_size=6))
def test_ties_count_by_the_mean_over_their_orders(rows):
    right, scores = [list(column) for column in zip(*rows, strict=True)]
    ranks = []
    for order in itertools.permutations(range(len(rows))):
        placed = sorted(order, key=lambda at: -scores[at])
        ranks.append(next((1 / (rank + 1) for rank, at in enumerate(placed) if right[at]), 0.0))
    assert reciprocal_rank(right, scores) == pytest.approx(sum(ranks) / len(ranks))


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=20))
def test_an_auc_of_equal_weights_is_the_mean_over_positives(rows):
    import numpy as np

    good, bad = [s for r, s in rows if r], [s for r, s in rows if not r]
    if good and bad:
        right, scores = (np.array(column) for column in zip(*rows, strict=True))
        assert weighted_auc(right, scores, np.ones(len(rows))) == pytest.approx(
            float(below(good, bad).mean())
        )


def test_a_judge_is_measured_against_labels(ctx):
    """Four traces of one problem: two right ones, called right and abstained from; two wrong ones, called
    either."""
    said = {"a": ("correct", 0.9), "b": ("unknown", 0.6), "c": ("correct", 0.7), "d": ("wrong", 0.1)}
    label = {"a": "correct", "b": "correct", "c": "wrong", "d": "wrong"}
    traces = [Trace(id=name, problem_id="p", verdicts=[Verdict("gold", label[name])]) for name in said]
    unlabelled = Trace(id="e", problem_id="p")
    data = Data([Problem(id="p", question="q")], [*traces, unlabelled])
    oracle = lambda problem, trace: Verdict("oracle", said[trace.id][0], score=said[trace.id][1])  # noqa: E731
    found = judged(data, verifier=oracle, label="gold", ctx=ctx)
    values = {row.metric: row.value for row in found.results}
    expected = {
        "accuracy": 0.5, "decided_accuracy": 2 / 3, "abstained": 0.25, "precision": 0.5, "recall": 0.5,
        "f1": 0.5,
        "wrong_precision": 1.0, "wrong_recall": 0.5, "auc": 0.75, "hit@1": 1.0, "mrr": 1.0,
        "brier": (0.01 + 0.16 + 0.49 + 0.01) / 4, "ece": (0.1 + 0.4 + 0.7 + 0.1) / 4,
    }  # fmt: skip
    assert values == pytest.approx(expected)
    by_outcome = judged(data, verifier=oracle, rank="outcome", ctx=ctx)
    assert {row.metric: row.value for row in by_outcome.results}["hit@1"] == 0.5
    assert all(row.low - 1e-9 <= row.value <= row.high + 1e-9 for row in found.results)
    with pytest.raises(LimbeckError, match="none of 1 traces"):
        judged(Data(data.problems, [unlabelled]), verifier=oracle, ctx=ctx)
