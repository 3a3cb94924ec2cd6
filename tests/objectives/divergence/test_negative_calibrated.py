"""objectives/negative_calibrated: values and gradients worked by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from objective_cases import (  # noqa: E402
    TRACE_BATCH,
    mean,
    metrics,
)

from limbeck.networks.logp import Head  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.networks.teachers import Live  # noqa: E402
from limbeck.objectives.divergence.negative_calibrated import negative_calibrated  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402


def test_negative_calibrated_golden():
    torch.manual_seed(0)
    uniform, teacher = Head(torch.zeros(8, 12)), Live(Head(torch.randn(8, 12)))
    # A uniform student pays log 12 whatever the teacher says; traces weigh tokens × weight = 2, 6, 1, 6.
    share = sum(n * (0.5 + beta) for n, beta in ((2, 0.2), (6, 0.0), (1, 0.5), (6, 0.9))) / 15
    loss = negative_calibrated(
        TRACE_BATCH, Policy(TRACE_BATCH, uniform), Signal(teacher=teacher), temperature=2.0, alpha=0.3
    )
    assert mean(loss) == pytest.approx(math.log(12) * (0.7 + 0.3 * 4 * share), rel=1e-5)
    # To a teacher that is sure of the trained token, soft and hard cross-entropy are the same.
    sure = Live(Head(1e4 * torch.nn.functional.one_hot(TRACE_BATCH.target_N, 12).float()))
    policy = Policy(TRACE_BATCH, Head(torch.randn(8, 12)))
    loss = negative_calibrated(TRACE_BATCH, policy, Signal(teacher=sure))
    assert metrics(loss)["soft"] == pytest.approx(-metrics(loss)["logp"], rel=1e-5)


def test_negative_calibrated_gradient():
    torch.manual_seed(0)
    teacher = Signal(teacher=Live(Head(torch.randn(8, 5, dtype=torch.float64))))
    batch = replace(TRACE_BATCH, target_N=TRACE_BATCH.target_N % 5)

    def value(logits_NV):
        return negative_calibrated(batch, Policy(batch, Head(logits_NV)), teacher, temperature=2.0).sum

    assert torch.autograd.gradcheck(value, (torch.randn(8, 5, dtype=torch.float64, requires_grad=True),))
