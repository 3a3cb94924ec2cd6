"""networks/compressing: values worked by hand."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="networks need the extra limbeck[train]")

from limbeck.networks.compressing import effective_rank, energy, prune, quantise, top_agreement  # noqa: E402


def layer(*rows: list[float]) -> torch.nn.Module:
    made = torch.nn.Linear(len(rows[0]), len(rows), bias=False)
    made.weight.data = torch.tensor(rows)
    return made


def test_two_bits_leave_three_levels_and_three_bits_seven():
    two, three = layer([1.0, 0.4, -0.6, -1.0]), layer([3.0, 1.4, -1.6, 0.2])
    quantise(two, 2)
    quantise(three, 3)
    assert two.weight[0].tolist() == [1.0, 0.0, -1.0, -1.0]
    assert three.weight[0].tolist() == pytest.approx([3.0, 1.0, -2.0, 0.0])


def test_the_smallest_are_emptied_first():
    made = layer([1.0, -0.1, 0.5], [0.2, -3.0, 0.3])
    prune(made, 0.5)
    assert made.weight.tolist() == [[1.0, 0.0, 0.5], [0.0, -3.0, 0.0]]
    prune(made, 0.0)
    assert made.weight.count_nonzero() == 3


def test_effective_rank_energy_and_agreement():
    # Centred, four unit vectors at right angles span two directions evenly, on a line one.
    square = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 5.0], [0.0, -5.0]])
    assert effective_rank(square) == pytest.approx(2.0)
    assert effective_rank(square[:2]) == pytest.approx(1.0)
    assert energy(torch.zeros(1, 4)).item() == pytest.approx(-math.log(4))
    one, other = torch.tensor([[3.0, 2.0, 1.0, 0.0]]), torch.tensor([[3.0, 0.0, 1.0, 2.0]])
    assert top_agreement(one, other, 2).tolist() == [0.5]
    assert top_agreement(one, one, 9).tolist() == [1.0]
