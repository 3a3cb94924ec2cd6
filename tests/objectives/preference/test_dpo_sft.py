"""objectives/dpo_sft: values worked by hand; shared prefix, smoothing and the likelihood beside it."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import numpy as np  # noqa: E402
from objective_cases import mean, metrics, signal_of, softplus  # noqa: E402

from limbeck.networks.batch import Item, Row, collate  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.objectives.preference.dpo import dpo  # noqa: E402
from limbeck.objectives.preference.dpo_sft import diverging, dpo_sft  # noqa: E402


def row(name: str, *completion: int) -> Row:
    return Row(name, np.array([1, 2, *completion], dtype=np.int32), 2)


# Chosen 5 6 7 against 5 6 8 9; chosen 4 against 4 3, of which it is the beginning. Pair weights 1 and 3.
BATCH = collate(
    [Item((row("a", 5, 6, 7), row("c", 5, 6, 8, 9)), 1.0), Item((row("b", 4), row("d", 4, 3)), 3.0)]
)
# Rows a, b, c, d: a -3 of which the last token -1; b -1; c's last two -0.5 and -1.5; d's last -2.
LOGP = torch.tensor([-1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -0.5, -1.5, -1.0, -2.0])
REFERENCE = torch.tensor([-1.5, -1.5, -2.0, -1.5, -1.5, -1.5, -1.5, -1.5, -1.5, -1.0])
SIGNAL = signal_of(REFERENCE, BATCH)
POLICY = Policy.of(LOGP, BATCH)
# Log-ratios behind the shared prefix: a 1 against c 1 + 0, b nothing against d -1: margins 0 and 1.


def test_what_both_rows_begin_with_is_masked():
    assert diverging(BATCH).tolist() == [0, 0, 1, 0, 0, 0, 1, 1, 0, 1]


def test_golden():
    loss = dpo_sft(BATCH, POLICY, SIGNAL, beta=0.5, smoothing=0.2, sft=0.25)
    first = 0.8 * softplus(0) + 0.2 * softplus(0) + 0.25 * 1
    second = 0.8 * softplus(-0.5) + 0.2 * softplus(0.5) + 0.25 * 1
    assert mean(loss) == pytest.approx((first + 3 * second) / 4)
    # Of the chosen tokens 2 of 3 and 1 of 1 are shared, by weights (2 + 3) / (3 + 3).
    assert metrics(loss)["shared"] == pytest.approx(5 / 6)
    assert metrics(loss)["margin_accuracy"] == pytest.approx(3 / 4)


def test_without_smoothing_and_sft_it_is_dpo_for_the_shared_prefix_cancels():
    loss = dpo_sft(BATCH, POLICY, SIGNAL, beta=0.5, smoothing=0.0, sft=0.0)
    assert mean(loss) == pytest.approx(mean(dpo(BATCH, POLICY, SIGNAL, beta=0.5)))


def test_smoothing_bounds_the_margin():
    """The loss is least at log((1 - e)/e) / beta; beyond, a wider margin costs."""
    best = float(np.log(0.9 / 0.1))

    def at(margin: float) -> float:
        logp = LOGP.clone()
        logp[2] = REFERENCE[2] + margin + 1  # c's ratio is 1
        logp[9] = REFERENCE[9] - margin
        return mean(dpo_sft(BATCH, Policy.of(logp, BATCH), SIGNAL, beta=1.0, smoothing=0.1, sft=0.0))

    assert at(best) < at(best - 0.5)
    assert at(best) < at(best + 0.5)


def test_sft_reaches_the_shared_prefix_and_the_preference_does_not():
    logp = LOGP.clone().requires_grad_()
    dpo_sft(BATCH, Policy.of(logp, BATCH), SIGNAL, beta=0.5, smoothing=0.0, sft=0.0).sum.backward()
    gradient = logp.grad
    assert gradient is not None
    assert gradient[:2].tolist() == [0, 0]
    assert gradient[2] < 0 < gradient[6]
    logp = LOGP.clone().requires_grad_()
    dpo_sft(BATCH, Policy.of(logp, BATCH), SIGNAL, beta=0.5, sft=3.0).sum.backward()
    assert logp.grad is not None
    assert logp.grad[:2].tolist() == pytest.approx([-1, -1])  # three of them have a mean, weighed 3
