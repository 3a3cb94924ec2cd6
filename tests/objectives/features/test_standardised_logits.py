"""objectives/standardised_logits: logits in standard deviations of their class."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from feature_cases import BATCH, WORDS, metric, number, policy, signal  # noqa: E402

from limbeck.networks.moments import Moments  # noqa: E402
from limbeck.objectives.features.standardised_logits import perceived, standardised_logits  # noqa: E402


def test_two_samples_are_perceived_as_one_deviation_above_and_below():
    logits = torch.tensor([[0.0, 100.0], [2.0, -100.0]]).double()
    seen = perceived(logits, Moments.of(logits))
    assert seen.tolist() == [pytest.approx([-1, 1], abs=1e-4), pytest.approx([1, -1], abs=1e-4)]


@pytest.mark.parametrize(("progress", "share"), [(0.0, 0.0), (0.05, 0.5), (0.1, 1.0), (1.0, 1.0)])
def test_perception_weighs_more_as_training_goes_on(progress, share):
    generator = torch.Generator().manual_seed(3)
    x, y = (torch.randn(6, WORDS, dtype=torch.float64, generator=generator) for _ in range(2))
    loss = standardised_logits(
        BATCH, policy(logits=x), signal(progress=progress, logits=y), weight=7.0, rise=0.1
    )
    assert metric(loss, "divergence") > 1e-3
    assert number(loss) == pytest.approx(7 * share * metric(loss, "divergence") - metric(loss, "logp"))
    same = standardised_logits(BATCH, policy(logits=x), signal(logits=x))
    assert metric(same, "divergence") == pytest.approx(0, abs=1e-12)
    # Logits, not log-probabilities: a token's own shift, which no distribution shows, moves its classes'
    # scores.
    shifted = x + torch.randn(6, 1, dtype=torch.float64, generator=generator)
    assert metric(standardised_logits(BATCH, policy(logits=x), signal(logits=shifted)), "divergence") > 1e-3
