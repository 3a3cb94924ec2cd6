"""objectives/token_graph: neighbours, similarities and contrast among tokens."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from feature_cases import BATCH, ROTATION, WORDS, metric, number, policy, signal, states  # noqa: E402

from limbeck.networks.policy import Sizes  # noqa: E402
from limbeck.objectives.features import token_graph as token_graph_file  # noqa: E402
from limbeck.objectives.features.token_graph import inner_distance, token_graph  # noqa: E402


def test_a_token_graph_does_not_see_a_rotation():
    ours = states(1, 4, 0)
    extra = token_graph_file.build(Sizes(1, 4, WORDS), Sizes(1, 4, WORDS)).double()
    turned = signal([each @ ROTATION for each in ours])
    loss = token_graph(BATCH, policy(ours, extra), turned, contrast=0.0, neighbours=3)
    assert number(loss) == pytest.approx(math.log(WORDS), abs=1e-9)
    assert float((ours[-1] @ ROTATION - ours[-1]).detach().square().mean()) > 0.1
    other = token_graph(BATCH, policy(ours, extra), signal(states(1, 4, 5)), contrast=0.0, neighbours=3)
    assert number(other) > math.log(WORDS) + 0.01


def test_similarities_inside_by_hand():
    """Alike tokens share evenly; apart by [2, 0] and [0, 2] each keeps e^s of e^s + 1, s = 4 / sqrt 2."""
    alike, apart = torch.ones(2, 2).double(), 2 * torch.eye(2).double()
    own = 1 / (1 + math.exp(-4 / math.sqrt(2)))
    assert float(inner_distance(alike, apart)) == pytest.approx((own - 0.5) ** 2)


def test_contrast_gets_sharper_over_the_training():
    ours = states(1, 4, 0)
    extra = torch.nn.Identity()
    contrasts = [
        metric(token_graph(BATCH, policy(ours, extra), signal(ours, progress)), "contrast")
        for progress in (0, 0.5, 1)
    ]
    assert contrasts[0] > contrasts[1] > contrasts[2] > 0
