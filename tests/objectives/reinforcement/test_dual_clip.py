"""A bound for tokens whose advantage is below 0, for which PPO's clip sets none."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import numpy as np  # noqa: E402

from limbeck.networks.batch import Item, Row, collate, grouped  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.objectives._policy import Clip, surrogate  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.reinforcement.grpo import Trust, grpo  # noqa: E402
from limbeck.objectives.reinforcement.kdrl import kdrl  # noqa: E402


def world(drift: float):
    """Three traces of 2, 1 and 3 tokens and rewards 1, 0 and 0; ``drift`` is log now minus log then."""
    torch.manual_seed(0)
    rows, logps = [], []
    for index, (length, reward) in enumerate(((2, 1.0), (1, 0.0), (3, 0.0))):
        logps.append(torch.randn(length).sub(2).double())
        then = {"logp": (logps[-1] - drift).numpy()}
        ids = np.arange(1, length + 3, dtype=np.int32)
        rows.append(Row(f"t{index}", ids, 2, "p", values={"reward": reward}, columns=then))
    return collate(grouped([Item((row,)) for row in rows])), torch.cat(logps)


def test_a_token_against_the_advantage_is_bounded_only_where_it_is_asked_for():
    """Dual clip: of log-ratios 0, log 2, log 5 and one that would overflow, at A = -1 and A = 1."""
    log_ratio = torch.tensor([0.0, math.log(2), math.log(5), 800.0]).double().requires_grad_()
    against = torch.full((4,), -1.0).double()
    assert surrogate(log_ratio[:3], against[:3], 0.2, 0.2).tolist() == pytest.approx([1, 2, 5])
    bounded = surrogate(log_ratio, against, 0.2, 0.2, 3.0)
    assert bounded.tolist() == pytest.approx([1, 2, 3, 3])
    (slope,) = torch.autograd.grad(bounded.sum(), log_ratio)
    assert slope.tolist() == pytest.approx([1, 2, 0, 0])
    towards = surrogate(log_ratio[:3], -against[:3], 0.2, 0.2, 3.0)
    assert towards.tolist() == pytest.approx([-1, -1.2, -1.2])


def test_grpo_and_kdrl_take_the_bound_and_grpo_counts_what_it_holds():
    batch, logp_N = world(drift=2.0)  # every ratio is e², and of 6 tokens 4 have A < 0
    signal = Signal(teacher_N=logp_N)
    for objective, clip, more in ((grpo, Trust, {"std": "none"}), (kdrl, Clip, {"std": "none"})):
        free, held = (
            objective(batch, Policy.of(logp_N, batch), signal, trust=clip(dual_clip=bound), **more)
            for bound in (None, 3.0)
        )
        assert float(free.sum - held.sum) == pytest.approx(4 / 3 * (math.exp(2) - 3), abs=1e-5)
        if objective is grpo:
            assert float(held.metrics["clipped"][0]) == 2 + 4
