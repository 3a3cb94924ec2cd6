"""objectives/topr: values and gradients worked by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world  # noqa: E402
from objective_cases import (  # noqa: E402
    TRACE_BATCH,
    TRACE_LOGP,
    TRACE_POLICY,
    mean,
    metrics,
    signal_of,
)

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.policy import Policy  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.reinforcement.topr import topr  # noqa: E402
from limbeck.objectives.supervised.negative_aware import negative_aware  # noqa: E402
from limbeck.training.needs import asked  # noqa: E402

E1 = math.exp(-1)


def test_topr_golden_value_and_gradient():
    logp_N = TRACE_LOGP.clone().requires_grad_()
    loss = topr(TRACE_BATCH, Policy.of(logp_N, TRACE_BATCH), Signal(), baseline=0.5)
    # Advantages ±0.5; log-ratios 0, -1, -2, 1: of the wrong traces the first is tapered, the second is not.
    assert mean(loss) == pytest.approx((0 + 2 * 0.5 * (E1 - 1) + 0.5 * 2 + 3 * 0.5 * 1) / 7)
    assert metrics(loss)["ratio"] == pytest.approx((1 + 2 * E1 + math.exp(-2) + 3) / 7)
    loss.sum.backward()
    by_row = [-0.5, 2 * 0.5 * E1, -0.5, 3 * 0.5]
    assert logp_N.grad.tolist() == pytest.approx([by_row[index] for index in TRACE_BATCH.row_N.tolist()])


@pytest.mark.parametrize("objective", [topr, negative_aware])
def test_a_trace_without_a_record_of_its_sampling_is_given_another_author(objective):
    bare = replace(TRACE_BATCH, columns={})
    own = signal_of(TRACE_BATCH.columns["logp"], TRACE_BATCH)
    assert mean(objective(bare, TRACE_POLICY, own, behaviour="reference")) == pytest.approx(
        mean(objective(TRACE_BATCH, TRACE_POLICY, Signal()))
    )
    scored = Signal(teacher_N=TRACE_BATCH.columns["logp"])
    assert mean(objective(bare, TRACE_POLICY, scored, behaviour="scored")) == pytest.approx(
        mean(objective(TRACE_BATCH, TRACE_POLICY, Signal()))
    )
    unsaid = replace(TRACE_BATCH, columns={"logp": torch.full_like(TRACE_POLICY.logp_N, float("nan"))})
    assert math.isfinite(mean(objective(unsaid, TRACE_POLICY, Signal())))
    assert "reference" not in asked(small_world.objective(objective.__name__))
    assert "teacher_logp" in asked(small_world.objective(objective.__name__, behaviour="scored"))
    with pytest.raises(LimbeckError, match=r"unknown behaviour 'score'.*did you mean 'scored'"):
        asked(small_world.objective(objective.__name__, behaviour="score"))
    assert "reference" in asked(small_world.objective(objective.__name__, behaviour="reference"))
