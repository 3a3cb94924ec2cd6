"""Objectives against values worked out by hand, their gradients, and what they must not touch."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import numpy as np  # noqa: E402

from limbeck.networks.batch import Item, Row, collate  # noqa: E402
from limbeck.networks.logp import Head, token_logp  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.preference.dpo import dpo  # noqa: E402
from limbeck.objectives.preference.redi import redi  # noqa: E402
from limbeck.objectives.preference.simpo import simpo  # noqa: E402
from limbeck.objectives.supervised.sft import sft  # noqa: E402


def row(name: str, prompt: int, completion: int) -> Row:
    return Row(name, np.arange(1, prompt + completion + 1, dtype=np.int32), prompt)


# Rows a, b chosen, c, d rejected; completion lengths 2, 1, 2, 4; pair weights 1 and 3.
ITEMS = [Item((row("a", 3, 2), row("c", 3, 2)), 1.0), Item((row("b", 2, 1), row("d", 2, 4)), 3.0)]
BATCH = collate(ITEMS)
LOGP = torch.tensor([-0.5, -1.5, -2.0, -1.0, -3.0, -0.25, -0.25, -0.5, -1.0])
# Per-token means: a -1, b -2 | c -2, d -0.5; sums: a -2, b -2 | c -4, d -2.
POLICY = Policy.of(LOGP, BATCH)
REFERENCE = Signal(torch.tensor([-3.0, -1.0, -3.0, -5.0]))


def mean(loss) -> float:
    return float(loss.sum / loss.count)


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def test_a_batch_of_pairs_puts_chosen_rows_first_and_masks_the_prompt():
    assert BATCH.ids == ["a", "b", "c", "d"]
    assert BATCH.pairs == 2
    assert BATCH.count_B.tolist() == [2, 1, 2, 4]
    assert BATCH.weight_B.tolist() == [1, 3, 1, 3]
    assert BATCH.mask_BT.sum(1).tolist() == [2, 1, 2, 4]
    assert BATCH.ids_BT[BATCH.mask_BT].tolist() == BATCH.target_N.tolist()
    assert BATCH.ids_BT.flatten()[BATCH.index_N].tolist() == [t - 1 for t in BATCH.target_N.tolist()]
    assert POLICY.logp_B.tolist() == [-2, -2, -4, -2]
    assert POLICY.mean_B.tolist() == [-1, -2, -2, -0.5]


@pytest.mark.parametrize(
    ("per", "value"),
    [("token", (1 * 2 + 3 * 2) / (1 * 2 + 3 * 1)), ("sequence", (1 * 1 + 3 * 2) / 4)],
)
def test_sft_golden(per, value):
    single = collate([Item((ITEMS[0].rows[0],), 1.0), Item((ITEMS[1].rows[0],), 3.0)])
    loss = sft(single, Policy.of(LOGP[:3], single), Signal(), per=per)
    assert mean(loss) == pytest.approx(value)
    total, count = loss.metrics["logp"]
    assert float(total / count) == pytest.approx(-7 / 4)


@pytest.mark.parametrize(
    ("alpha", "value"),
    [
        (0.0, (1 + 3 * 2) / 4),
        (0.8, (1 * (1 - 1.6) + 3 * (2 - 0.4)) / 4),
        (1.0, (1 * (1 - 2) + 3 * (2 - 0.5)) / 4),
    ],
)
def test_redi_golden(alpha, value):
    assert mean(redi(BATCH, POLICY, Signal(), alpha=alpha)) == pytest.approx(value)


def test_redi_without_negatives_is_sft_on_the_chosen():
    chosen = collate([Item((item.rows[0],), item.weight) for item in ITEMS])
    assert mean(redi(BATCH, POLICY, Signal(), alpha=0.0)) == pytest.approx(
        mean(sft(chosen, Policy.of(LOGP[:3], chosen), Signal(), per="sequence"))
    )


def test_dpo_golden():
    # Log-ratios: a 1, b -1 | c -1, d 3; margins 2 and -4.
    value = (softplus(-0.1 * 2) + 3 * softplus(0.1 * 4)) / 4
    assert mean(dpo(BATCH, POLICY, REFERENCE, beta=0.1)) == pytest.approx(value)
    assert mean(dpo(BATCH, POLICY, Signal(POLICY.logp_B), beta=5.0)) == pytest.approx(math.log(2))


def test_simpo_golden():
    # Margins 1 and -1.5.
    value = (softplus(-(2 * 1 - 1)) + 3 * softplus(-(2 * -1.5 - 1))) / 4
    assert mean(simpo(BATCH, POLICY, Signal(), beta=2.0, gamma=1.0)) == pytest.approx(value)


@pytest.mark.parametrize(("objective", "accuracy"), [(redi, 1 / 4), (dpo, 1 / 4), (simpo, 1 / 4)])
def test_every_pair_objective_reports_both_log_probabilities_and_the_margin(objective, accuracy):
    metrics = {name: float(a / b) for name, (a, b) in objective(BATCH, POLICY, REFERENCE).metrics.items()}
    assert metrics["logp_chosen"] == pytest.approx((-1 + 3 * -2) / 4)
    assert metrics["logp_rejected"] == pytest.approx((-2 + 3 * -0.5) / 4)
    assert metrics["margin_accuracy"] == pytest.approx(accuracy)


def test_losses_are_stable_far_out():
    far = Policy.of(LOGP * 1000, BATCH)
    for loss in (dpo(BATCH, far, REFERENCE, beta=10.0), simpo(BATCH, far, Signal(), beta=50.0)):
        assert torch.isfinite(loss.sum)


OBJECTIVES = [
    (sft, {"per": "token"}), (sft, {"per": "sequence"}), (redi, {"alpha": 0.8}), (dpo, {"beta": 0.5}),
    (simpo, {}),
]  # fmt: skip


@pytest.mark.parametrize(("objective", "params"), OBJECTIVES)
def test_gradient_in_float64(objective, params):
    signal = Signal(REFERENCE.reference_B.double())

    def value(logp_N):
        loss = objective(BATCH, Policy.of(logp_N, BATCH), signal, **params)
        return loss.sum / loss.count

    assert torch.autograd.gradcheck(value, (LOGP.double().requires_grad_(),))


@pytest.mark.parametrize(("objective", "params"), OBJECTIVES)
def test_prompt_and_padding_get_no_gradient(objective, params):
    torch.manual_seed(0)
    hidden_BTD = torch.randn(*BATCH.ids_BT.shape, 4, dtype=torch.float64, requires_grad=True)
    head = torch.randn(12, 4, dtype=torch.float64)
    logp_N = token_logp(Head(hidden_BTD.flatten(0, 1)[BATCH.index_N], head), BATCH.target_N)
    objective(BATCH, Policy.of(logp_N, BATCH), REFERENCE, **params).sum.backward()
    touched = hidden_BTD.grad.abs().sum(-1) > 0
    # The state at position t predicts token t+1, so the gradient sits one to the left of the completion.
    expected = torch.zeros_like(touched)
    expected[:, :-1] = BATCH.mask_BT[:, 1:]
    assert torch.equal(touched, expected)


@pytest.mark.parametrize(("objective", "params"), OBJECTIVES)
def test_weight_two_is_the_same_as_twice(objective, params):
    rows = LOGP[:4]
    batch = collate([Item(ITEMS[0].rows, 2.0)])
    once = objective(batch, Policy.of(rows, batch), Signal(torch.full((2,), -3.0)), **params)
    twice_batch = collate([Item(ITEMS[0].rows, 1.0)] * 2)
    doubled = torch.cat([rows[:2], rows[:2], rows[2:], rows[2:]])
    twice = objective(twice_batch, Policy.of(doubled, twice_batch), Signal(torch.full((4,), -3.0)), **params)
    assert float(once.sum) == pytest.approx(float(twice.sum))
    assert float(once.count) == float(twice.count)
