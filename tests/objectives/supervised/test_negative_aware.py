"""objectives/negative_aware: values and gradients worked by hand."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from objective_cases import (  # noqa: E402
    TRACE_BATCH,
    TRACE_LOGP,
    mean,
)

from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.supervised.negative_aware import negative_aware  # noqa: E402


def test_negative_aware_golden_value_and_gradient():
    logp_N = TRACE_LOGP.clone().requires_grad_()
    loss = negative_aware(TRACE_BATCH, Policy.of(logp_N, TRACE_BATCH), Signal())
    # p = 2/3, weight 1/3. Log-ratios of w1 are 1, 0, -2; (1 - p ρ) / (1 - p) = 3 - 2 ρ, for the first below
    # the floor.
    assert mean(loss) == pytest.approx((0 - 2 * math.log(3 - 2 * math.exp(-2)) + 2) / 3 / 15)
    loss.sum.backward()
    wrong = [2 * 2 * math.e / 3, 2 * 2 / 3, 2 * 2 * math.exp(-2) / (3 - 2 * math.exp(-2)) / 3]
    assert logp_N.grad.tolist() == pytest.approx([-1 / 3, -1 / 3, *wrong, -1 / 3, 0, 0])


def test_negative_aware_is_grpo_on_policy():
    logp_N = TRACE_BATCH.columns["logp"].clone().requires_grad_()
    negative_aware(TRACE_BATCH, Policy.of(logp_N, TRACE_BATCH), Signal(), hardness="sqrt").sum.backward()
    p = 2 / 3
    advantage = {
        0: (1 - p) / math.sqrt(p * (1 - p)),
        1: -p / math.sqrt(p * (1 - p)),
        2: (1 - p) / math.sqrt(p * (1 - p)),
    }
    wanted = [-float(TRACE_BATCH.weight_B[r]) * advantage.get(r, 0.0) for r in TRACE_BATCH.row_N.tolist()]
    assert logp_N.grad.tolist() == pytest.approx(wanted)
