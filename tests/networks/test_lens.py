"""The logit lens, the divergence between layers, and what is made of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch")

from limbeck.networks import depth, lens  # noqa: E402
from limbeck.networks.opening import open_network  # noqa: E402
from limbeck.networks.probe import Probe  # noqa: E402


def test_divergence_is_0_for_equals_and_log_2_for_opposites():
    logits = torch.tensor([[0.0, 1.0, -2.0], [9.0, 0.0, 0.0]])
    assert lens.jensen_shannon(logits, logits + 3).abs().max() < 1e-12
    apart = lens.jensen_shannon(torch.tensor([[1e3, 0.0]]), torch.tensor([[0.0, 1e3]]))
    assert apart.item() == pytest.approx(math.log(2))
    # p = (3/4, 1/4), q = (1/4, 3/4), m = (1/2, 1/2): 3/4 log 3/2 + 1/4 log 1/2.
    p = torch.tensor([[0.75, 0.25]]).log()
    by_hand = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert lens.jensen_shannon(p, p.flip(1)).item() == pytest.approx(by_hand)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    torch.manual_seed(0)
    return small_world.student(tmp_path_factory.mktemp("student"), layers=3, template="bare")


def test_behind_the_last_layer_the_lens_shows_what_the_model_says(folder):
    network = open_network(folder, None, torch.device("cpu"), True)
    ids_BT = torch.tensor([[1, 2, 3, 4, 5]])
    with torch.no_grad():
        hidden_ND, layers = network(ids_BT, torch.arange(5))
        said_NV = network.head(hidden_ND).logits(slice(None))
        assert torch.allclose(lens.lens_logits(network, layers[-1][0], last=True), said_NV, atol=1e-5)
        assert not torch.allclose(lens.lens_logits(network, layers[-2][0]), said_NV, atol=1e-2)


def test_layers_that_change_nothing_have_no_depth(folder):
    probe = Probe.open(folder, precision="fp32", layers=True)
    rows, _ = probe.rows(small_world.world(6), small_world.world(6).traces)
    reader = depth.Reader(probe.networks[0], 1.0)
    before = [values[0] for _, values in probe.tokens(rows, reader)]
    assert all((each > 0).all() for each in before)
    for name, weight in probe.networks[0].model.named_parameters():
        if any(part in name for part in ("layers.1.", "layers.2.")) and (
            "o_proj" in name or "down_proj" in name
        ):
            weight.data.zero_()
    for _, (score_n, surprisal_n, entropy_n) in probe.tokens(rows, reader):
        assert score_n.max() < 1e-9
        assert (surprisal_n > 0).all()
        assert (entropy_n > 0).all()


def test_steps_have_the_means_of_their_tokens():
    means = depth.step_means(np.array([1.0, 3.0, 5.0, 9.0]), np.array([0, 0, 2, -1]), 3)
    assert means[[0, 2]].tolist() == [2, 5]
    assert math.isnan(means[1])


def test_features_by_hand():
    scores, surprisal = np.array([0.1, 0.3, 0.2, 0.4]), np.log([1.0, 3.0, 2.0, 4.0])
    looked = np.tril(np.ones((4, 4)), -1)
    looked[3] = [3, 1, 0, 0]
    made = depth.features(scores, surprisal, looked, early=0.5, tau=9.0)
    assert made["mean"] == pytest.approx(0.25)
    assert made["cv"] == pytest.approx(0.1 / 0.2)
    # Of the early steps 0 and 1 the first is shallow; late steps look at them 1 + 3 and 1 + 1 times.
    assert made["attention"] == pytest.approx(4 / 6)
    assert made["checks"] == pytest.approx(1.0)
    assert depth.features(scores, surprisal, looked, early=0.5, tau=0.25)["attention"] == 1
    gap = depth.features(np.array([np.nan, 0.3]), np.zeros(2), np.zeros((2, 2)), 0.5, 9.0)
    assert gap == {"mean": 0.3, "cv": 0.0, "attention": 0.0, "checks": 0.0}
    assert depth.features(np.array([np.nan]), np.zeros(1), np.zeros((1, 1)), 0.5, 9.0) == {}


def test_what_steps_look_at_is_summed_over_their_tokens():
    attention = np.arange(25.0).reshape(5, 5)
    assert depth.looks(attention, np.array([0, 0, 1, -1]), 1, 2).tolist() == [
        [6 + 7 + 11 + 12, 8 + 13],
        [16 + 17, 18],
    ]


def test_discounted_shaped_rewards_telescope():
    rng = np.random.default_rng(0)
    for gamma in (1.0, 0.97, 0.5):
        rewards, potentials = rng.normal(size=40), rng.normal(size=41)
        made = depth.shaped([*rewards], [*potentials], gamma)
        powers = gamma ** np.arange(41)
        wanted = powers[:40] @ rewards + powers[40] * potentials[40] - potentials[0]
        assert powers[:40] @ made == pytest.approx(wanted, abs=1e-6)
    with pytest.raises(ValueError, match="zip"):
        depth.shaped([1.0], [0.0])
    assert [depth.potential(score, tau=0.5, alpha=2) for score in (0.2, 0.5, 0.6)] == [-0.4, -1.0, 0.0]
