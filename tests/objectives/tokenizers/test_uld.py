"""objectives/uld: sorted distributions over any two vocabularies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from token_cases import BATCH, logits, mean, metric, says, signal  # noqa: E402

from limbeck.objectives.tokenizers import _align as A  # noqa: E402
from limbeck.objectives.tokenizers.uld import uld  # noqa: E402


@pytest.mark.parametrize("pairing", ["index", "characters"])
def test_uld_is_a_mean_of_traces_means(pairing):
    x, y = logits(8, 5, 0), logits(5, 7, 1)
    policy, outside = says(x, BATCH), signal(y)
    own, other = A.pair_tokens(BATCH, policy, outside, pairing)
    gap = A.sorted_distance(policy.log_probs(own), outside.teacher.log_probs(other))
    # Row a has two pairs and weight 1, row b one and weight 3.
    expected = ((gap[0] + gap[1]) / 2 + 3 * gap[2]) / 4
    loss = uld(BATCH, policy, outside, weight=1.5, pairing=pairing)
    assert metric(loss, "profile") == pytest.approx(float(expected))
    cross = -(policy.mean_B[0] + 3 * policy.mean_B[1]) / 4
    assert float(mean(loss)) == pytest.approx(float(cross + 1.5 * expected))
    renamed = uld(BATCH, policy, signal(y[:, torch.randperm(7)]), weight=1.5, pairing=pairing)
    assert float(mean(renamed)) == pytest.approx(float(mean(loss)))


@pytest.mark.parametrize(("ours", "theirs"), [(5, 5), (4, 6), (6, 3)])
def test_a_profile_distance_is_twice_the_cheapest_transport_between_ranks(ours, theirs):
    linprog = pytest.importorskip("scipy.optimize", reason="the linear programme needs scipy").linprog
    q, p = logits(1, ours, 2).log_softmax(-1), logits(1, theirs, 3).log_softmax(-1)
    width = max(ours, theirs)
    masses = [
        np.pad(np.sort(values.exp().numpy().ravel())[::-1], (0, width - values.shape[-1]))
        for values in (q, p)
    ]
    sums = np.concatenate([np.kron(np.eye(width), np.ones(width)), np.kron(np.ones(width), np.eye(width))])
    best = linprog((1 - np.eye(width)).ravel(), A_eq=sums, b_eq=np.concatenate(masses))
    assert float(A.sorted_distance(q, p)) == pytest.approx(2 * best.fun, abs=1e-9)


def test_a_token_that_weighs_nothing_has_no_part_in_profiles():
    weighed = replace(BATCH, token_weight_N=torch.tensor([1.0, 0, 1, 1, 1, 1, 1, 1]))
    x, outside = logits(8, 5, 0).requires_grad_(), signal(logits(5, 7, 1))
    A.profile_distance(weighed, says(x, BATCH), outside, "index").sum().backward()
    assert [bool(row.any()) for row in x.grad] == [True, False, False, False, False, True, False, False]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_distance_is_the_same_to_the_bit_whether_a_gradient_is_asked_for(dtype):
    x, y = (
        torch.randn(3, size, dtype=dtype).mul(3).round().log_softmax(-1) for size in (40, 30)
    )  # with ties
    plain = A.sorted_distance(x, y)
    assert torch.equal(plain, A.sorted_distance(x.clone().requires_grad_(), y.clone().requires_grad_()))
    assert float(plain.min()) > 0
