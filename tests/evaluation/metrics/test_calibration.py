"""Calibration, refusals and picking the best: by hand, by brute force, and against closed forms."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import find, per_problem
from limbeck.pipeline import metrics
from limbeck.records import Data, Problem, Trace, Verdict


def data(*problems: list[tuple], score: str = "confidence") -> Data:
    """Problems with samples ``(confidence, outcome[, tokens])``."""
    made = Data()
    for number, samples in enumerate(problems):
        made.problems.append(Problem(id=f"p{number}", question="?", source="toy", split="test"))
        for at, (sure, outcome, *tokens) in enumerate(samples):
            trace = Trace(id=f"p{number}#{at}", problem_id=f"p{number}", params={"temperature": 0.6})
            trace.verdicts, trace.tokens = [Verdict("exact", outcome)], (tokens or [None])[0]
            trace.scores = {} if sure is None else {score: sure}
            made.traces.append(trace)
    return made


def measure(made: Data, metric) -> float:
    return float(np.mean(list(per_problem(find(made), metric).values())))


BY_HAND = data(
    [(0.95, "correct"), (0.92, "wrong")],
    [(0.15, "wrong"), (0.95, "correct"), (None, "correct")],
    [(0.12, "correct"), (0.5, "unknown"), (0.5, "unparsed")],
)


@pytest.mark.parametrize(
    ("metric", "wanted"),
    [
        # Bin 9: 2 of 3 right, surely 2.82; bin 1: 1 of 2 right, surely 0.27. The undecided do not count.
        ("ece", (2.82 - 2 + 1 - 0.27) / 5),
        ({"ece": {"bins": 1}}, abs(3 - 3.09) / 5),
        # By problem: (0.0025 + 0.8464) / 2, (0.0225 + 0.0025) / 2, 0.7744.
        ("brier", (0.42445 + 0.0125 + 0.7744) / 3),
        # Right ones at 0.95, 0.95, 0.12; wrong ones at 0.92, 0.15: four of six pairs.
        ("auroc", 4 / 6),
        ("confidence", 3.09 / 5),
        ({"confidence": {"of": "wrong"}}, (0.92 + 0.15) / 2),
        ({"confidence": {"of": "correct"}}, (0.95 + 0.95 + 0.12) / 3),
        ("outcome@wrong", (1 / 2 + 1 / 3) / 3),
        ("outcome@unknown", 1 / 9),
        # Shares of right and of answered: 1/2 and 1, 2/3 and 1, 1/3 and 1/3.
        ("right_of_answered", (1 / 2 + 2 / 3 + 1 / 3) / (1 + 1 + 1 / 3)),
    ],
)
def test_by_hand(metric, wanted):
    assert measure(BY_HAND, metric) == pytest.approx(wanted, abs=1e-12)


def test_all_outcomes_add_up_to_one():
    kinds = ("correct", "wrong", "unparsed", "timeout", "unknown")
    assert sum(measure(BY_HAND, f"outcome@{kind}") for kind in kinds) == pytest.approx(1)


def test_who_states_95_everywhere_is_off_by_95_minus_accuracy():
    rng = random.Random(0)
    made = data(*[[(0.95, rng.choice(("correct", "wrong", "wrong")))] * 3 for _ in range(50)])
    accuracy = measure(made, "pass@1")
    assert measure(made, "ece") == pytest.approx(0.95 - accuracy)
    assert measure(made, "auroc") == pytest.approx(0.5)
    assert measure(made, "brier") == pytest.approx(accuracy * 0.05**2 + (1 - accuracy) * 0.95**2)


def test_auroc_is_the_share_of_pairs_in_order():
    rng = random.Random(1)
    rows = [[(rng.randrange(5) / 4, rng.choice(("correct", "wrong"))) for _ in range(4)] for _ in range(20)]
    flat = [sample for row in rows for sample in row]
    right = [sure for sure, outcome in flat if outcome == "correct"]
    wrong = [sure for sure, outcome in flat if outcome == "wrong"]
    pairs = [(a > b) + (a == b) / 2 for a in right for b in wrong]
    assert measure(data(*rows), "auroc") == pytest.approx(np.mean(pairs))


def test_the_slope_is_the_coefficient_of_least_squares():
    rng = random.Random(2)
    rows = [
        [(rng.random(), rng.choice(("correct", "wrong")), rng.randrange(100)) for _ in range(3)]
        for _ in range(15)
    ]
    flat = np.array([(t, o == "correct", 1, c) for row in rows for c, o, t in row], dtype=float)
    wanted = np.linalg.lstsq(flat[:, :3], flat[:, 3], rcond=None)[0][0]
    assert measure(data(*rows), {"confidence_slope": {"per": 1.0}}) == pytest.approx(wanted)
    assert measure(data(*rows), "confidence_slope") == pytest.approx(1000 * wanted)


def test_confidence_that_falls_by_a_tenth_a_token_has_that_slope_whoever_is_right():
    made = data(*[[(1 - n / 10, "correct", n), (1 - n / 10 - 0.05, "wrong", n)] for n in range(1, 6)])
    assert measure(made, {"confidence_slope": {"per": 1.0}}) == pytest.approx(-0.1)


@pytest.mark.parametrize("metric", ["auroc", {"confidence": {"of": "wrong"}}, "confidence_slope"])
def test_what_cannot_be_said_has_no_number(metric):
    with pytest.raises(LimbeckError, match="has no number"):
        measure(data([(0.5, "correct", 3)], [(0.7, "correct", 3)]), metric)


def test_a_confidence_that_is_no_chance_is_refused_by_name():
    with pytest.raises(LimbeckError, match="'p0#1': confidence is 95"):
        measure(data([(0.5, "correct"), (95, "wrong")]), "ece")
    with pytest.raises(LimbeckError, match="no number"):
        measure(data([(0.5, "correct")]), {"ece": {"score": "sure"}})


def test_best_of_k_by_all_subsets():
    rng = random.Random(3)
    row = [(rng.randrange(4) / 4, rng.choice(("correct", "wrong"))) for _ in range(7)]
    row[2] = (None, "correct")
    for k in range(1, 8):
        shares = []
        for subset in combinations(row, k):
            top = max(-1 if sure is None else sure for sure, _ in subset)
            best = [outcome == "correct" for sure, outcome in subset if (-1 if sure is None else sure) == top]
            shares.append(sum(best) / len(best))
        assert measure(data(row), f"best@{k}") == pytest.approx(np.mean(shares))


def test_a_perfect_score_makes_best_of_k_pass_at_k_and_none_a_draw():
    row = [(float(right), "correct" if right else "wrong") for right in (1, 0, 0, 1, 0)]
    assert measure(data(row), "best@3") == pytest.approx(measure(data(row), "pass@3"))
    alike = [(0.5, outcome) for _, outcome in row]
    assert measure(data(alike), "best@3") == pytest.approx(measure(data(alike), "pass@1"))
    with pytest.raises(LimbeckError, match="needs 6 samples"):
        measure(data(row), "best@6")


def test_tokens_per_right_answer_are_all_tokens_over_right_ones():
    made = data([(None, "correct", 10), (None, "wrong", 30)], [(None, "wrong", 20), (None, "correct", 40)])
    assert measure(made, "tokens_per_correct") == pytest.approx(100 / 2)


def test_metrics_of_calibration_say_their_settings():
    assert metrics.read({"ece": {"bins": 15}}).label == "ece(bins=15)"
    assert metrics.read("best@4").label == "best@4"
