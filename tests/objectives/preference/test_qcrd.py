"""objectives/qcrd: values worked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from objective_cases import (  # noqa: E402
    TRACE_BATCH,
    TRACE_POLICY,
    mean,
    metrics,
)

from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.preference.qcrd import qcrd  # noqa: E402


def test_qcrd_golden():
    # Costs 1, 2, 3, 0.5: of p's right traces r1 is the easiest.
    loss = qcrd(TRACE_BATCH, TRACE_POLICY, Signal(), beta=0.2, margin=3.0)
    assert mean(loss) == pytest.approx((0.9 * 1 + 2 * 0.2 * 0.75 * 1 + 3 * 0.2 * 1 * 2.5) / 6)
    tight = qcrd(TRACE_BATCH, TRACE_POLICY, Signal(), beta=0.2, margin=1.0)
    assert mean(tight) == pytest.approx((0.9 * 1 + 0 + 3 * 0.2 * 1 * 0.5) / 6)
    assert metrics(tight)["active"] == pytest.approx(3 / 5)
    values = {name: value for name, value in TRACE_BATCH.values.items() if name != "quality"}
    plain = qcrd(replace(TRACE_BATCH, values=values), TRACE_POLICY, Signal())
    assert mean(plain) == pytest.approx((1 + 2 * 0.2 * 1 + 3 * 0.2 * 2.5) / 6)
