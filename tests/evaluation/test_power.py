"""What a comparison could have shown, against scipy's noncentral t and by repeating experiments."""

import numpy as np
import pytest
from scipy import stats

from limbeck.evaluation import power


@pytest.mark.parametrize("seeds", [2, 3, 5, 12])
def test_power_is_the_noncentral_ts(seeds):
    bound = stats.t.ppf(0.975, seeds - 1)
    for delta in (0.0, 1.5, 4.0):
        expected = stats.nct.sf(bound, seeds - 1, delta) if delta else 0.025
        assert power.t_power(delta, seeds - 1) == pytest.approx(expected, abs=1e-4)
    assert stats.nct.sf(bound, seeds - 1, power.shift(seeds)) == pytest.approx(power.POWER, abs=1e-4)


def test_what_is_detectable_is_shown_in_four_of_five_experiments():
    """A true difference as large as the t interval over five seeds can show, repeated 4,000 times."""
    rng = np.random.default_rng(0)
    spread = 0.03
    true = power.shift(5) * spread / np.sqrt(5)
    diffs = rng.normal(true, spread, (4000, 5))
    half = stats.t.ppf(0.975, 4) * diffs.std(axis=1, ddof=1) / np.sqrt(5)
    assert (diffs.mean(axis=1) > half).mean() == pytest.approx(0.8, abs=0.02)


def test_the_wider_interval_decides_what_is_detectable():
    # Over seeds 5.6535 × 0.01 / √3; the bootstrap 1.96 + 0.84162 standard errors, 1.96 being half its width.
    narrow = power.detectable(-0.001, 0.001, [0.0, 0.01, 0.02])
    assert narrow == pytest.approx(5.6535 * 0.01 / 3**0.5, rel=1e-4)
    wide = power.detectable(-0.1, 0.1, [0.0, 0.01, 0.02])
    assert wide == pytest.approx((1.95996 + 0.84162) * 0.1 / 1.95996, rel=1e-4)
    assert power.detectable(-0.1, 0.1, [0.3]) == wide, "one seed has no spread"


def test_seeds_are_the_fewest_that_would_do():
    diffs = [0.01, 0.03, -0.02]
    seeds = power.seeds_for(0.02, diffs)
    ratio = 0.02 / np.std(diffs, ddof=1)
    reached = [stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, np.sqrt(n) * ratio) for n in (seeds - 1, seeds)]
    assert reached[0] < power.POWER <= reached[1]
    assert power.seeds_for(0.001, diffs) is None, "more than anybody runs"
    assert power.seeds_for(0.02, [0.01]) is None
    assert power.seeds_for(0.02, [0.01, 0.01]) == 2
    with pytest.raises(ValueError, match="above 0"):
        power.seeds_for(0.0, diffs)
