"""Objectives on rewards: values by hand, identities, gradients in expectation, parity with TRL."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import numpy as np  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.batch import Item, Row, collate, grouped  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.objectives._policy import kl_estimate, surrogate  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.reinforcement import grpo as grpo_module  # noqa: E402
from limbeck.objectives.reinforcement.grpo import Trust, grpo  # noqa: E402
from limbeck.objectives.reinforcement.kdrl import kdrl  # noqa: E402
from limbeck.objectives.reinforcement.mirror_descent import mirror_descent  # noqa: E402
from limbeck.objectives.reinforcement.rloo import rloo  # noqa: E402

REWARDS = [1.0, 0.0, 0.0, 2.0, 2.0]
LENGTHS = [2, 1, 3, 2, 2]


def world(drift: float = 0.0):
    """Three traces of one problem and two of another that are rewarded alike; ``drift`` is log now minus log
    then."""
    torch.manual_seed(0)
    logps = [torch.randn(length).sub(2).double() for length in LENGTHS]
    rows = [
        Row(f"t{i}", np.arange(1, length + 3, dtype=np.int32), 2, problem=f"p{i // 3}",
            values={"reward": REWARDS[i]},
            columns={"logp": (logp - drift).numpy()})
        for i, (length, logp) in enumerate(zip(LENGTHS, logps, strict=True))
    ]  # fmt: skip
    return collate(grouped([Item((row,)) for row in rows])), torch.cat(logps)


def value(objective, drift=0.0, signal=None, **params):
    batch, logp_N = world(drift)
    loss = objective(batch, Policy.of(logp_N, batch), signal or Signal(), **params)
    return float(loss.sum / loss.count), {name: float(a / b) for name, (a, b) in loss.metrics.items()}


SPREAD = math.sqrt(((2 / 3) ** 2 + 2 * (1 / 3) ** 2) / 2)


def test_grpo_on_policy_by_hand():
    advantages = [(2 / 3) / (SPREAD + 1e-4), (-1 / 3) / (SPREAD + 1e-4), (-1 / 3) / (SPREAD + 1e-4), 0.0, 0.0]
    tokens = -sum(a * n for a, n in zip(advantages, LENGTHS, strict=True)) / sum(LENGTHS)
    got, metrics = value(grpo)
    assert got == pytest.approx(tokens, abs=1e-6)
    assert metrics == pytest.approx({"reward": 1.0, "flat": 0.4, "clipped": 0.0})
    assert value(grpo, per="sequence")[0] == pytest.approx(-sum(advantages) / 5, abs=1e-6)
    plain = [2 / 3, -1 / 3, -1 / 3, 0.0, 0.0]
    dr = -sum(a * n for a, n in zip(plain, LENGTHS, strict=True)) / 10 / 5
    assert value(grpo, per="constant", longest=10, std="none")[0] == pytest.approx(dr, abs=1e-6)
    assert value(grpo, std="batch", per="sequence")[0] == pytest.approx(0.0, abs=1e-6)


def test_the_surrogate_clips_only_what_has_gone_far_enough():
    log_ratio = torch.tensor([0.5, -0.5, 0.5, -0.5]).double()
    advantage = torch.tensor([1.0, 1.0, -1.0, -1.0]).double()
    got = surrogate(log_ratio, advantage, 0.2, 0.3)
    up, down = math.exp(0.5), math.exp(-0.5)
    assert got.tolist() == pytest.approx([-1.3, -down, up, 0.8])


def test_clipped_tokens_have_no_gradient_and_are_counted():
    batch, logp_N = world(drift=0.5)
    logp_N.requires_grad_()
    loss = grpo(batch, Policy.of(logp_N, batch), Signal())
    loss.sum.backward()
    good = batch.values["reward"][batch.row_N] > batch.values["group_mean"][batch.row_N]
    assert (logp_N.grad[good] == 0).all()
    assert float(loss.metrics["clipped"][0]) == 2
    logp_N.grad = None
    grpo(batch, Policy.of(logp_N, batch), Signal(), trust=Trust(clip_high=1.0)).sum.backward()
    assert (logp_N.grad[good] < 0).all()


def test_on_policy_the_gradient_is_that_of_reinforce():
    batch, logp_N = world()
    advantage_B = (batch.values["reward"] - batch.values["group_mean"]) / (batch.values["group_std"] + 1e-4)
    for objective, expected_B in (
        (grpo, advantage_B),
        (rloo, (batch.values["reward"] - batch.values["group_mean"]) * torch.tensor([1.5, 1.5, 1.5, 2, 2])),
        (mirror_descent, 0.8 * (batch.values["reward"] - batch.values["group_mean"])),
    ):
        own = logp_N.clone().requires_grad_()
        objective(batch, Policy.of(own, batch), Signal()).sum.backward()
        assert torch.allclose(own.grad, -expected_B.double()[batch.row_N], atol=1e-6), objective.__name__


def test_rloo_is_the_reward_against_the_others():
    batch, logp_N = world()
    loss = rloo(batch, Policy.of(logp_N, batch), Signal())
    others = [1.0 - 0.0, 0.0 - 0.5, 0.0 - 0.5, 0.0, 0.0]
    assert float(loss.sum) == pytest.approx(-sum(others), abs=1e-6)


def test_kimi_is_the_squared_distance():
    batch, logp_N = world(drift=0.1)
    gaps = [r - m - 0.4 * 0.1 * n for r, m, n in zip(REWARDS, [1 / 3] * 3 + [2] * 2, LENGTHS, strict=True)]
    loss = mirror_descent(batch, Policy.of(logp_N, batch), Signal())
    assert float(loss.sum) == pytest.approx(sum(gap**2 for gap in gaps), abs=1e-5)


def test_gspo_weighs_a_whole_sequence():
    batch, logp_N = world()
    logp_N = logp_N.clone()
    logp_N[0] += 0.3
    trust = Trust(importance="sequence", clip_high=1.0)
    loss = grpo(batch, Policy.of(logp_N, batch), Signal(), trust=trust, std="none")
    expected = -(2 / 3) * math.exp(0.15) * 2 - (-1 / 3) * 4
    assert float(loss.sum) == pytest.approx(expected, abs=1e-6)


def test_a_reference_is_needed_only_where_its_kl_counts():
    assert grpo_module.needs() == ("traces", "rewards")
    assert grpo_module.needs(kl=0.1) == ("traces", "rewards", "reference")
    batch, logp_N = world()
    reference = Signal(reference_N=logp_N - 0.2)
    for kind, gap in (("k1", 0.2), ("k2", 0.02), ("k3", math.exp(-0.2) - 1 + 0.2)):
        plain = grpo(batch, Policy.of(logp_N, batch), Signal())
        more = grpo(batch, Policy.of(logp_N, batch), reference, kl=0.5, estimator=kind)
        assert float(more.sum - plain.sum) == pytest.approx(0.5 * gap * 10, abs=1e-6)
        assert float(more.metrics["kl"][0] / more.metrics["kl"][1]) == pytest.approx(gap)


def test_estimates_of_the_kl_and_of_its_gradient():
    """On a softmax over three tokens: which estimator's mean is the KL, and whose gradient is the KL's."""
    torch.manual_seed(0)
    logits = torch.randn(3, dtype=torch.float64, requires_grad=True)
    other = torch.randn(3, dtype=torch.float64).log_softmax(-1)
    logp = logits.log_softmax(-1)
    exact = (logp.exp() * (logp - other)).sum()
    other_way = (other.exp() * (other - logp)).sum()
    reverse, forward = (
        torch.autograd.grad(each, logits, retain_graph=True)[0] for each in (exact, other_way)
    )
    drawn = torch.distributions.Categorical(logits=logits.detach()).sample((400_000,))
    counts = torch.bincount(drawn, minlength=3).double() / len(drawn)

    def mean(kind):
        return (counts * kl_estimate(logp, other, kind)).sum()

    slopes = {
        kind: torch.autograd.grad(mean(kind), logits, retain_graph=True)[0] for kind in ("k1", "k2", "k3")
    }
    assert torch.allclose(slopes["k1"], torch.zeros(3).double(), atol=5e-3)
    assert torch.allclose(slopes["k2"], reverse, atol=5e-3)
    assert torch.allclose(slopes["k3"], forward, atol=5e-3)
    assert mean("k1").item() == pytest.approx(exact.item(), abs=5e-3)
    assert mean("k3").item() == pytest.approx(exact.item(), abs=5e-3)
    assert reverse.norm() > 0.05


def test_kdrl_without_a_teachers_weight_is_grpo():
    batch, logp_N = world()
    signal = Signal(teacher_N=logp_N - 1)
    plain = grpo(batch, Policy.of(logp_N, batch), Signal())
    assert float(kdrl(batch, Policy.of(logp_N, batch), signal, beta=0.0).sum) == pytest.approx(
        float(plain.sum)
    )
    for mask, tokens in (("none", 10), ("wrong", 4), ("group", 0)):
        more = kdrl(batch, Policy.of(logp_N, batch), signal, beta=0.2, mask=mask)
        assert float(more.sum - plain.sum) == pytest.approx(0.2 * 0.5 * tokens, abs=1e-6)
    with pytest.raises(LimbeckError, match="wrnog"):
        kdrl(batch, Policy.of(logp_N, batch), signal, mask="wrnog")
    annealed = Signal(teacher_N=logp_N - 1, progress=0.5)
    more = kdrl(batch, Policy.of(logp_N, batch), annealed, beta=0.4, end=0.0)
    assert float(more.sum - plain.sum) == pytest.approx(0.2 * 0.5 * 10, abs=1e-6)


def group_of(*rewards: float):
    rows = [Row(f"t{i}", np.arange(3, dtype=np.int32), 2, "p", {"reward": r}) for i, r in enumerate(rewards)]
    return collate(grouped([Item((row,)) for row in rows]))


def test_a_group_with_one_right_trace_among_many_wrong_does_not_imitate():
    for rewards, gap in (((1, -1, -1, -1), 0.0), ((-0.5, -1, -1), 0.5)):
        batch = group_of(*rewards)
        logp_N = torch.zeros(len(rewards))
        signal = Signal(teacher_N=logp_N - 1)
        total, plain = (
            float(kdrl(batch, Policy.of(logp_N, batch), signal, beta=b, mask="group").sum) for b in (1, 0)
        )
        assert total - plain == pytest.approx(gap * len(rewards), abs=1e-6)


def test_equal_rewards_are_flat_whatever_their_rounding():
    loss = grpo(batch := group_of(0.1, 0.1, 0.1), Policy.of(torch.zeros(3), batch), Signal())
    assert float(loss.metrics["flat"][0]) == 3


@pytest.mark.parametrize("objective", [grpo, rloo, mirror_descent, kdrl])
def test_gradcheck(objective):
    batch, logp_N = world(drift=0.05)
    signal = Signal(teacher_N=logp_N - 0.5)

    def mean(logp):
        loss = objective(batch, Policy.of(logp, batch), signal)
        return loss.sum / loss.count

    assert torch.autograd.gradcheck(mean, (logp_N.clone().requires_grad_(),))


def test_a_wrong_switch_is_named():
    batch, logp_N = world()
    for params, message in (
        ({"std": "groups"}, "groups"),
        ({"per": "tokens"}, "tokens"),
        ({"trust": Trust(importance="word")}, "word"),
    ):
        with pytest.raises(LimbeckError, match=message):
            grpo(batch, Policy.of(logp_N, batch), Signal(), **params)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"loss_type": "grpo"}, {"per": "sequence"}),
        ({"loss_type": "bnpo"}, {"per": "token"}),
        ({"loss_type": "dr_grpo"}, {"per": "constant", "longest": 4}),
        ({"loss_type": "bnpo", "epsilon_high": 0.5}, {"per": "token", "trust": Trust(clip_high=0.5)}),
        ({"loss_type": "bnpo", "beta": 0.3}, {"per": "token", "kl": 0.3}),
    ],
)
def test_parity_with_trl(theirs, ours):
    """TRL's loss method on a bare trainer with our log-probabilities and advantages: same value, same
    gradient."""
    trl = pytest.importorskip("trl", reason="parity needs trl")
    batch, then = world(drift=0.1)
    now = then.clone().requires_grad_()
    reference = then - 0.3
    loss = grpo(batch, Policy.of(now, batch), Signal(reference_N=reference), **ours)
    (slope,) = torch.autograd.grad(loss.sum / loss.count, now)
    peer = now.detach().clone().requires_grad_()
    expected = trl_loss(trl, batch, peer, reference, **theirs)
    (their_slope,) = torch.autograd.grad(expected, peer)
    assert float(loss.sum / loss.count) == pytest.approx(float(expected), abs=1e-5)
    assert torch.allclose(slope, their_slope, atol=1e-5)


def padded(values_N, batch):
    """``[B, T]`` from flat values."""
    width = max(LENGTHS)
    rows = values_N.split(LENGTHS)
    return torch.stack([torch.nn.functional.pad(row, (0, width - len(row))) for row in rows])


def trl_loss(trl, batch, logp_N, reference_N, loss_type, epsilon_high=0.2, beta=0.0):
    from collections import defaultdict
    from types import SimpleNamespace

    trainer = object.__new__(trl.GRPOTrainer)
    advantages = (batch.values["reward"] - batch.values["group_mean"]) / (batch.values["group_std"] + 1e-4)
    mask = padded(torch.ones(len(logp_N)), batch)
    settings = {
        "loss_type": loss_type, "epsilon_low": 0.2, "epsilon_high": epsilon_high, "beta": beta,
        "max_completion_length": 4, "importance_sampling_level": "token",
        "use_vllm": False, "tools": None, "off_policy_mask_threshold": None,
        "current_gradient_accumulation_steps": 1, "_metrics": {"train": defaultdict(list)},
        "_get_per_token_logps_and_entropies": lambda *_,
        **__: (padded(logp_N, batch), torch.zeros_like(mask), None),
        "aux_loss_enabled": False, "_entropy_bonus_enabled": False, "top_entropy_quantile": 1.0,
        "accelerator": SimpleNamespace(gather=lambda x: x, reduce=lambda x, reduction: x, num_processes=1),
        "args": SimpleNamespace(delta=None, use_bias_correction_kl=False),
        "model": SimpleNamespace(training=True),
    }  # fmt: skip
    vars(trainer).update(settings)
    inputs = {
        "prompt_ids": torch.ones(5, 1).long(), "prompt_mask": torch.ones(5, 1).long(),
        "completion_ids": torch.ones_like(mask).long(), "completion_mask": mask.long(),
        "advantages": advantages.double(),
        "old_per_token_logps": padded(batch.columns["logp"], batch),
        "ref_per_token_logps": padded(reference_N, batch),
        "num_items_in_batch": mask.sum(),
    }  # fmt: skip
    return trainer._compute_loss(SimpleNamespace(training=True), inputs)
