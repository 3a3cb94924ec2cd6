"""objectives/ot: transport between hidden tokens and of bare answers to chains of thought."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from token_cases import located, mean, metric  # noqa: E402

from limbeck.networks.batch import Batch, Item, Row, collate  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402
from limbeck.objectives.tokenizers.ot import Plan, ot  # noqa: E402


def test_transport_of_what_must_go_everywhere_is_the_mean_cost():
    """One teacher's token takes all mass, so that the plan is known: each of the student's sends its
    share."""
    batch, other = located([[(0, 1), (1, 1)]], (1.0,)), located([[(0, 0)]], (1.0,))
    states = torch.zeros(1, 4, 2, dtype=torch.float64)
    states[0, 2:] = torch.tensor([[1.0, 0.0], [0.0, 5.0]])
    theirs = torch.zeros(1, 3, 2, dtype=torch.float64)
    theirs[0, 2] = torch.tensor([3.0, 0.0])
    same = torch.nn.ModuleList([torch.nn.Identity(), torch.nn.Identity()])
    policy = SimpleNamespace(
        layers=(states, states), extra=same, mean_B=torch.tensor([-2.0]).double(),
        spans_N2=batch.columns["spans"],
        log_probs=lambda index, temperature=1.0: torch.zeros(len(index), 3).double().log_softmax(-1),
        of_some=lambda index, function, other: function(torch.zeros(len(index), 3).double(), index),
        vocabulary=3,
    )  # fmt: skip
    outside = Signal(teacher=policy, layers=(theirs, theirs), other=other, spans_N2=other.columns["spans"])
    loss = ot(batch, policy, outside, alpha=0.25)
    assert metric(loss, "transport") == pytest.approx((0 + 1) / 2)
    assert float(mean(loss)) == pytest.approx(0.75 * 2 + 0.25 * 0.5)


def test_a_bare_answer_is_moved_to_the_chain_of_thought_alone():
    """A chain whose states are the teacher's, and a bare answer at a right angle to half of them."""

    def paired(lengths: tuple[int, int]) -> Batch:
        rows = tuple(
            Row(f"r{i}", np.arange(n + 2), 2, spans=np.array([(k, k + 1) for k in range(n)]))
            for i, n in enumerate(lengths)
        )
        return collate([Item(rows, 3.0)])

    batch, other = paired((2, 1)), paired((2, 1))
    chain = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).double()
    states, theirs = torch.zeros(2, 4, 2).double(), torch.zeros(2, 4, 2).double()
    states[0, 2:], states[1, 2] = chain, chain[0]
    theirs[0, 2:], theirs[1, 2] = chain, -chain[0]
    same = torch.nn.ModuleList([torch.nn.Identity(), torch.nn.Identity()])
    policy = SimpleNamespace(
        layers=(states, states), extra=same, mean_B=torch.tensor([-2.0, -4.0]).double(),
        spans_N2=batch.columns["spans"],
        log_probs=lambda index, temperature=1.0: torch.zeros(len(index), 3).double().log_softmax(-1),
        of_some=lambda index, function, other: function(torch.zeros(len(index), 3).double(), index),
        vocabulary=3,
    )  # fmt: skip
    outside = Signal(teacher=policy, layers=(theirs, theirs), other=other, spans_N2=other.columns["spans"])
    loss = ot(batch, policy, outside, alpha=0.25, cross=2.0, bare=0.5, plan=Plan(epsilon=0.01, steps=500))
    assert metric(loss, "cross") == pytest.approx((0 + 1) / 2)
    assert metric(loss, "transport") == pytest.approx((0 + 2) / 2, abs=1e-6)
    alone = 0.75 * 4 + 0.25 * 2
    assert float(mean(loss)) == pytest.approx(0.75 * 2 + 0.5 * alone + 0.25 * 2 * 0.5, abs=1e-6)
    assert float(loss.count) == 3
