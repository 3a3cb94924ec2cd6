"""The cautious verdict: both intervals must say it."""

import numpy as np
import pytest
from msgspec.structs import replace

from limbeck.evaluation import ops
from limbeck.evaluation.comparison import Comparison, holm, judged
from limbeck.evaluation.verdicts import cautious

MADE = Comparison(
    better="a",
    than="b",
    benchmark="sums",
    temperature=0.6,
    metric="pass@1",
    unit="share",
    value=0.6,
    other=0.5,
    diff=0.1,
    low=0.02,
    high=0.18,
    boot_p=0.004,
    seeds=3,
    problems=100,
    samples=600,
    design="seeds × problems",
    per_seed=[0.02, 0.08, 0.2],
)


def test_two_intervals_must_agree():
    assert cautious([(0.1, 0.2), (0.01, 0.3)]) == "holds"
    assert cautious([(0.1, 0.2), (-0.01, 0.3)]) == "not shown"
    assert cautious([(-0.2, -0.1), (-0.3, -0.01)]) == "reversed"
    assert cautious([(-0.2, -0.1), (-0.3, -0.01)], fewer=True) == "holds"
    assert cautious([(0.1, 0.2), (-0.3, -0.1)]) == "not shown"
    assert cautious([(0.1, 0.2)], by=0.15) == "not shown"


def test_where_seeds_differ_too_much_the_bootstrap_alone_shows_nothing():
    apart = judged(MADE)
    assert apart.t_low < 0 < MADE.low
    assert (apart.verdict, apart.p) == ("not shown", apart.t_p)
    assert apart.p > 0.05 > apart.boot_p, "the word and the p-value say the same"
    alike = judged(replace(MADE, per_seed=[0.09, 0.1, 0.11]))
    assert (alike.verdict, alike.p) == ("holds", max(alike.boot_p, alike.t_p))
    assert judged(replace(MADE, per_seed=[0.1], seeds=1)).verdict == "holds", (
        "one seed has the bootstrap alone"
    )
    assert judged(replace(MADE, per_seed=[0.09, 0.1, 0.11], problems=5)).verdict == "not shown"
    assert [c.p_holm for c in holm([apart, alike])] == ops.holm([apart.p, alike.p])


@pytest.mark.parametrize(("fewer", "sign"), [(False, 1), (True, -1)])
def test_the_test_over_seeds_asks_for_what_is_wanted_too(fewer, sign):
    diffs = [sign * each for each in (0.09, 0.1, 0.11)]
    low, high = sorted((sign * 0.08, sign * 0.12))
    made = judged(replace(MADE, per_seed=diffs, low=low, high=high, fewer=fewer, by=0.09))
    assert made.t_p == pytest.approx(ops.paired_t([0.0, 0.01, 0.02])[2])
    assert made.verdict == "not shown"
    assert judged(replace(made, by=0.05)).verdict == "holds"


def test_judging_again_changes_nothing():
    first = judged(MADE)
    assert judged(first) == first


@pytest.mark.parametrize("seeds", [3, 5])
def test_where_nothing_differs_few_verdicts_say_so(seeds):
    """A true difference of 0, and seeds that differ more than problems do."""
    rng, alone, both, trials = np.random.default_rng(seeds), 0, 0, 1000
    for trial in range(trials):
        diff_SP = rng.normal(0, 0.04, (seeds, 1)) + rng.normal(0, 0.2, (seeds, 100))
        low, high = np.quantile(ops.bootstrap_two_way(diff_SP, 200, trial), [0.025, 0.975])
        spans = [(low, high), ops.paired_t(diff_SP.mean(axis=1))[:2]]
        alone += cautious(spans[:1]) != "not shown"
        both += cautious(spans) != "not shown"
    assert both / trials <= 0.05
    assert alone > both
