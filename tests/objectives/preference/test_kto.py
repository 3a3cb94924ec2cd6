"""objectives/kto: values worked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from objective_cases import (  # noqa: E402
    TRACE_BATCH,
    TRACE_POLICY,
    TRACE_SIGNAL,
    mean,
    metrics,
    sigmoid,
    signal_of,
)

from limbeck.objectives.preference import kto as kto_module  # noqa: E402
from limbeck.objectives.preference.kto import kto  # noqa: E402


def test_kto_golden():
    # Weighted mean log-ratio: (1 + 2 + 0 + 3) / 7.
    z = 6 / 7
    value = sigmoid(z - 1) + 2 * 0.5 * sigmoid(1 - z) + sigmoid(z) + 3 * 0.5 * sigmoid(1 - z)
    loss = kto(TRACE_BATCH, TRACE_POLICY, TRACE_SIGNAL, beta=1.0, undesirable=0.5, baseline="batch")
    assert mean(loss) == pytest.approx(value / 7)
    assert metrics(loss) == pytest.approx(
        {"kl": z, "logp_right": (-1 - 3) / 2, "logp_wrong": (2 * -2 + 3 * -0.5) / 5}
    )


def test_kto_takes_no_negative_kl_and_can_carry_it_over():
    # Log-ratios 0, -1, -2, 1: their weighted mean is negative.
    own = signal_of(TRACE_BATCH.columns["logp"], TRACE_BATCH)
    floored = (0.5 + 2 * sigmoid(-1) + sigmoid(2) + 3 * sigmoid(1)) / 7
    loss = kto(TRACE_BATCH, TRACE_POLICY, own, beta=1.0, baseline="batch")
    assert mean(loss) == pytest.approx(floored)
    carried = kto_module.after(kto_module.START, {**metrics(loss), "loss": 1.0}, beta=1.0)
    assert carried == pytest.approx({"kl": -1 / 7})
    for kl, z in ((carried["kl"], 0.0), (2.0, 2.0)):
        step = kto(TRACE_BATCH, TRACE_POLICY, replace(own, memory={"kl": kl}), beta=1.0)
        value = sigmoid(z) + 2 * sigmoid(-1 - z) + sigmoid(z + 2) + 3 * sigmoid(1 - z)
        assert mean(step) == pytest.approx(value / 7)
