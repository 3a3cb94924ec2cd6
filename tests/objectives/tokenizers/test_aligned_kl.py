"""objectives/aligned_kl: KL over the words that two vocabularies share."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from token_cases import BATCH, mean, metric, says, signal  # noqa: E402

from limbeck.objectives.tokenizers.aligned_kl import aligned_kl  # noqa: E402

WORDS = (("1", "2", "+", "3"), ("12", "+3", "2", "x"))


def test_aligned_kl_by_hand():
    """Half the teacher's mass is on 12, which goes to 1; x goes nowhere; unpaired tokens have their
    cross-entropy."""
    teacher = torch.tensor([0.5, 0.1, 0.25, 0.15]).double().log().expand(5, 4)
    policy = says(torch.zeros(8, 4).double(), BATCH)
    loss = aligned_kl(BATCH, policy, signal(teacher, words=WORDS), k=4, ce=0.5, pairing="characters")
    kept = [0.5 / 0.85, 0.1 / 0.85, 0.25 / 0.85]
    gap = sum(p * math.log(4 * p) for p in kept)
    # Row a: two of five tokens are paired, weight 1; row b: one of three, weight 3.
    weight = 5 + 3 * 3
    assert metric(loss, "divergence") == pytest.approx(gap)
    assert metric(loss, "paired") == pytest.approx((2 + 3) / weight)
    assert float(mean(loss)) == pytest.approx(0.5 * gap * 5 / weight + 0.5 * math.log(4))


def test_fewer_words_of_the_teacher_are_scaled_to_one():
    teacher = torch.tensor([0.5, 0.1, 0.25, 0.15]).double().log().expand(5, 4)
    policy = says(torch.zeros(8, 4).double(), BATCH)
    loss = aligned_kl(BATCH, policy, signal(teacher, words=WORDS), k=1, pairing="characters")
    assert metric(loss, "divergence") == pytest.approx(math.log(4))
