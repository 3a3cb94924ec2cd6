"""Intervals and tests against published values, brute force and simulation."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limbeck.evaluation import ops
from limbeck.evaluation.comparison import compare
from limbeck.records import Data, Problem, Trace, Verdict


def test_pass_at_k_golden():
    assert ops.pass_at_k(5, 2, 1) == pytest.approx(0.4)
    assert ops.pass_at_k(5, 2, 2) == pytest.approx(1 - 3 / 10)
    assert ops.pass_at_k(16, 0, 16) == 0
    assert ops.pass_at_k(16, 1, 16) == 1
    assert ops.pass_at_k(np.array([4, 4]), np.array([1, 3]), 2) == pytest.approx([0.5, 1.0])


@given(st.lists(st.booleans(), min_size=1, max_size=9), st.data())
def test_pass_at_k_is_the_mean_over_all_subsets(right, data):
    k = data.draw(st.integers(1, len(right)))
    brute = np.mean([any(subset) for subset in combinations(right, k)])
    assert ops.pass_at_k(len(right), sum(right), k) == pytest.approx(brute)


@pytest.mark.parametrize(("n", "correct", "k"), [(4, 1, 5), (4, 1, 0), (4, 5, 1), (4, -1, 1)])
def test_pass_at_k_refuses_impossible_counts(n, correct, k):
    with pytest.raises(ValueError, match="needs 1 <= k <= n"):
        ops.pass_at_k(n, correct, k)


def test_majority_golden():
    votes, right = ["7", "7", "3", "3", "3"], [True, True, False, False, False]
    assert ops.maj_at_k(votes, right, 5) == 0
    assert ops.maj_at_k(votes, right, 1) == pytest.approx(0.4)
    # Of the ten pairs one is right-right, three wrong-wrong and six tie.
    assert ops.maj_at_k(votes, right, 2) == pytest.approx((1 + 6 * 0.5) / 10)


def test_majority_counts_right_answers_together_and_lets_unread_ones_abstain():
    assert ops.maj_at_k(["1/2", "0.5", "3", "3", None], [True, True, False, False, False], 5) == 0.5
    assert ops.maj_at_k(["1/2", "0.5", "3", None, None], [True, True, False, False, False], 5) == 1
    assert ops.maj_at_k([None, None], [False, False], 2) == 0


def test_majority_by_drawn_subsets_agrees_with_all_subsets(monkeypatch):
    votes = ["a"] * 5 + ["b"] * 4 + [None] * 3
    right = [True] * 5 + [False] * 7
    exact = ops.maj_at_k(votes, right, 5)
    monkeypatch.setattr(ops, "_EXACT_SUBSETS", 0)
    assert ops.maj_at_k(votes, right, 5, draws=20_000) == pytest.approx(exact, abs=0.015)


def test_wilson_golden():
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3.
    assert ops.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert ops.wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert ops.wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert ops.wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert ops.wilson(0, 0) == (0, 1)


@given(st.integers(1, 300), st.data())
def test_wilson_holds_the_rate_and_stays_a_share(n, data):
    right = data.draw(st.integers(0, n))
    low, high = ops.wilson(right, n)
    assert 0 <= low <= right / n + 1e-12
    assert right / n - 1e-12 <= high <= 1


def test_interval_never_claims_certainty():
    assert ops.interval(np.ones(30)) == (*ops.wilson(30, 30), "Wilson over problems")
    low, high, name = ops.interval(np.array([0.25, 0.5, 1.0] * 20))
    assert name == "Wilson over problems and their samples"
    assert low < 0.5833 < high
    assert ops.interval(np.array([0.25, 7.0] * 20))[2] == "bootstrap over problems"
    assert ops.interval(np.array([0.25, 0.5] * 20), proportion=False)[2] == "bootstrap over problems"


def test_samples_of_a_problem_are_worth_as_much_as_they_differ():
    # Each right or wrong throughout: as many as problems (widened for their number).
    widened = (ops.t_quantile(199) / ops.Z95) ** 2
    assert ops.effective(np.repeat([0.0, 1.0], 100)) == pytest.approx(200 / widened, rel=0.01)
    # By hand: mean 1/2, variance 1/60 of 16 problems; 4 p (1 - p) 16 = 16 to 1.
    values = np.repeat([0.375, 0.625], 8)
    ratio, widened = (0.125**2 * 16 / 15) / 0.25, (ops.t_quantile(15) / ops.Z95) ** 2
    assert ops.effective(values) == pytest.approx(16 * 17 / (16 * ratio + 1) / widened)


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.5, 0.97])
@pytest.mark.parametrize("problems", [10, 30, 100])
def test_intervals_of_shares_hold_the_rate_near_the_ends_and_of_few_problems(rate, problems):
    rng, held = np.random.default_rng([problems, int(100 * rate)]), 0
    for _ in range(400):
        rates = rng.beta(2 * rate, 2 * (1 - rate), size=problems)
        low, high, _ = ops.interval(rng.binomial(8, rates) / 8)
        held += low <= rate <= high
    assert held / 400 >= 0.92


def test_bootstrap_width_matches_the_standard_error():
    values = np.random.default_rng(0).random(400)
    low, high = ops.bootstrap(values, draws=8000)
    assert (high - low) / (2 * ops.Z95) == pytest.approx(values.std(ddof=1) / 20, rel=0.05)
    assert ops.bootstrap(values) == ops.bootstrap(values)


@pytest.mark.parametrize("few", [16, 10**9], ids=["by values", "by problems"])
def test_bootstrap_of_few_values_has_the_moments_of_the_draw(few, monkeypatch):
    # 320 problems at 0 and 80 at 1: the mean of 399 draws has mean 0.2 and variance 0.2 * 0.8 / 399.
    monkeypatch.setattr(ops, "_FEW_KINDS", few)
    values = np.repeat([0.0, 1.0], [320, 80])
    means = ops.bootstrap_two_way(values, draws=40_000)
    assert means.mean() == pytest.approx(0.2, abs=0.0005)
    assert means.var() == pytest.approx(0.16 / 399, rel=0.03)
    assert np.allclose(means * 399, np.round(means * 399)), "each mean is of 399 draws"


def test_two_way_bootstrap_counts_seeds_and_problems():
    rng = np.random.default_rng(3)
    seeds, problems = rng.normal(0, 0.05, (6, 1)), rng.normal(0, 0.3, (1, 200))
    only_seeds, only_problems = (
        ops.bootstrap_two_way(seeds + 0 * problems),
        ops.bootstrap_two_way(problems + 0 * seeds),
    )
    assert only_seeds.std() == pytest.approx(seeds.std(ddof=1) / 6**0.5, rel=0.05)
    assert only_problems.std() == pytest.approx(problems.std(ddof=1) / 200**0.5, rel=0.05)
    both = ops.bootstrap_two_way(seeds + problems)
    assert both.var() == pytest.approx(only_seeds.var() + only_problems.var(), rel=0.1)


def test_nested_bootstrap_counts_both():
    rng = np.random.default_rng(4)
    diffs = [rng.normal(shift, 0.3, 150) for shift in (0.0, 0.1, 0.2, 0.1)]
    expected = (
        np.var([diff.mean() for diff in diffs], ddof=1) / 4
        + np.mean([diff.var() / 150 for diff in diffs]) / 3
    )
    assert ops.bootstrap_nested(diffs).var() == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(
    ("seed_sd", "problem_sd", "noise"), [(0.01, 0.15, 0.3), (0.03, 0.1, 0.15)], ids=["problems", "seeds"]
)
def test_two_way_interval_covers_zero_when_nothing_differs(seed_sd, problem_sd, noise):
    rng = np.random.default_rng(1)
    hits = 0
    for trial in range(150):
        diff = (
            rng.normal(0, seed_sd, (5, 1))
            + rng.normal(0, problem_sd, (1, 200))
            + rng.normal(0, noise, (5, 200))
        )
        low, high = np.quantile(ops.bootstrap_two_way(diff, 1000, trial), [0.025, 0.975])
        hits += low <= 0 <= high
    assert hits / 150 >= 0.9


def test_student_golden():
    assert ops.t_quantile(4) == pytest.approx(2.776445, abs=1e-6)
    assert ops.t_quantile(1) == pytest.approx(12.706205, abs=1e-5)
    assert ops.t_quantile(30) == pytest.approx(2.042272, abs=1e-6)
    assert ops.t_two_sided_p(2.776445, 4) == pytest.approx(0.05, abs=1e-7)
    assert ops.t_two_sided_p(0, 7) == pytest.approx(1)
    assert ops.t_two_sided_p(1, 1) == pytest.approx(0.5)


def test_paired_t_golden():
    # Student 1908: hours of sleep gained by ten patients; t = 4.062, df = 9, p = 0.00283.
    gains = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    low, high, p = ops.paired_t(gains)
    assert (low, high) == pytest.approx((0.7001, 2.4599), abs=1e-4)
    assert p == pytest.approx(0.002833, abs=1e-6)
    assert ops.paired_t([0.1, 0.1]) == (0.1, 0.1, 0.0)
    with pytest.raises(ValueError, match="two seeds"):
        ops.paired_t([0.1])


def test_sign_flip_golden():
    assert ops.sign_flip([1, 2, 3, 4, 5]) == 2 / 32
    assert ops.sign_flip([1, -1]) == 1
    assert ops.sign_flip([3, 2, -1]) == 4 / 8
    with pytest.raises(ValueError, match="1 to 20"):
        ops.sign_flip([])


def test_holm_golden():
    assert ops.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert ops.holm([0.6, 0.9]) == [1.0, 1.0]
    assert ops.holm([]) == []


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_only_raises_and_keeps_the_order(p_values):
    adjusted = ops.holm(p_values)
    assert all(q >= p and q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    ranked = [adjusted[i] for i in sorted(range(len(p_values)), key=p_values.__getitem__)]
    assert ranked == sorted(ranked)


def test_bootstrap_p_matches_the_interval():
    assert ops.two_sided_p(np.linspace(1, 2, 999)) == pytest.approx(2 / 1000)
    assert ops.two_sided_p(np.linspace(-1, 1, 1000)) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("problems", "verdict"), [(2, "not shown"), (5, "not shown"), (6, "holds")])
def test_fewer_than_six_problems_show_nothing(problems, verdict):
    def data(right):
        ids = [str(number) for number in range(problems)]
        verdicts = [Verdict("math", "correct" if right else "wrong")]
        traces = [Trace(id=it, problem_id=it, answer="4", verdicts=verdicts) for it in ids]
        return Data([Problem(id=it, question=it, answer="4") for it in ids], traces)

    made = compare([data(True)], [data(False)])
    assert (made.low, made.verdict) == (1.0, verdict)
    assert ("fewer than 6 problems" in str(made)) == (problems < 6)


def test_a_verdict_knows_direction_and_margin():
    from limbeck.evaluation.verdicts import margin, verdict_of

    assert verdict_of(1.0, 3.0) == "holds"
    assert verdict_of(-3.0, -1.0) == "reversed"
    assert verdict_of(-3.0, -1.0, fewer=True) == "holds"
    assert verdict_of(-0.5, 0.5, by=-1.0) == "holds"
    assert verdict_of(1.0, 3.0, by=2.0) == "not shown"
    assert verdict_of(-9.0, -5.0, fewer=True, by=margin("40%", 10.0)) == "holds"
    assert verdict_of(-3.0, -1.0, fewer=True, by=margin("40%", 10.0)) == "reversed"


@pytest.mark.parametrize("df", [150, 201, 1_000, 62_499, 1_000_000])
def test_students_bound_is_scipys_for_many_degrees_too(df):
    stats = pytest.importorskip("scipy.stats")
    for level in (0.8, 0.95, 0.99):
        assert ops.t_quantile(df, level) == pytest.approx(stats.t.ppf((1 + level) / 2, df), abs=1e-8)


def test_tens_of_thousands_of_problems_with_several_samples_have_an_interval():
    values = np.random.default_rng(0).binomial(16, 0.5, size=62_500) / 16
    low, high, how = ops.interval(values)
    assert how == "Wilson over problems and their samples"
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / 250, rel=0.01)
