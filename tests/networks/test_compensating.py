"""networks/compensating: two inputs that go together, one that does not, worked by hand."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="networks need the extra limbeck[train]")

from limbeck.networks import compensating  # noqa: E402
from limbeck.networks.compressing import rounded  # noqa: E402

GRAM = torch.tensor([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])
WEIGHT = torch.tensor([[0.4, 0.35, 1.0]])


def cost(changed, weight=WEIGHT, gram=GRAM) -> float:
    """What a change costs in the outputs."""
    gap = (changed - weight).double()
    return float((gap @ gram.double() @ gap.T).trace())


def test_a_column_makes_up_for_the_one_before():
    # 0.4 goes to 0; behind it 0.35 + 0.4 * 0.5 / 1.01 = 0.548, which goes to 1 and not to 0.
    assert rounded(WEIGHT, 2).tolist() == [[0.0, 0.0, 1.0]]
    made = compensating.gptq(WEIGHT, GRAM, 2)
    assert made.tolist() == [[0.0, 1.0, 1.0]]
    # 0.16 + 0.4225 - 0.26 and 0.16 + 0.1225 + 0.14.
    assert cost(made) == pytest.approx(0.3225)
    assert cost(rounded(WEIGHT, 2)) == pytest.approx(0.4225)


def test_what_is_emptied_is_what_costs_least_once_made_up_for():
    # w² / [H⁻¹]: 0.16 / 1.3115 = 0.1220 is below 0.1225 / 0.9901 = 0.1237, though 0.35 is the smaller weight.
    made = compensating.sparsegpt(WEIGHT, GRAM, 0.34)
    assert made.tolist() == [pytest.approx([0.0, 0.35 + 0.4 * 0.5 / 1.01, 1.0])]


def test_without_ties_between_inputs_gptq_is_rounding():
    weight = torch.randn(5, 12, generator=torch.Generator().manual_seed(0))
    for group in (0, 4, 5):
        assert torch.allclose(compensating.gptq(weight, torch.eye(12), 3, group), rounded(weight, 3, group))


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_gptq_costs_less_than_rounding(bits):
    generator = torch.Generator().manual_seed(bits)
    inputs = torch.randn(200, 8, generator=generator) @ torch.randn(8, 24, generator=generator)
    gram = inputs.T @ inputs / 200
    weight = torch.randn(16, 24, generator=generator)
    made = compensating.gptq(weight, gram, bits)
    assert cost(made, weight, gram) < 0.6 * cost(rounded(weight, bits), weight, gram)
    # Each row has the levels of plain rounding, no more.
    assert all(len(row.unique()) <= 2**bits - 1 for row in made)


def test_blocks_put_off_what_single_columns_do_at_once():
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(50, 10, generator=generator)
    weight = torch.randn(3, 10, generator=generator)

    def rule(block, _):
        return lambda column, at: column.round()

    first, second = (compensating.compensated(weight, inputs.T @ inputs, rule, size) for size in (1, 4))
    assert torch.allclose(first, second)


def test_wanda_weighs_a_weight_by_its_input_in_each_row():
    # Norms 3 and 1: |w| · ‖x‖ is 3, 2 and 3, 4.
    weight = torch.tensor([[1.0, -2.0], [1.0, -4.0]])
    gram = torch.tensor([[9.0, 0.5], [0.5, 1.0]])
    assert compensating.wanda(weight, gram, 0.5).tolist() == [[1.0, 0.0], [0.0, -4.0]]


def test_a_pattern_empties_so_many_of_each_group():
    weight = torch.tensor([[1.0, 2.0, 3.0, 4.0, 0.1, 0.2, 9.0, 0.3, 5.0]])
    made = compensating.wanda(weight, torch.eye(9), 0.9, (2, 4))
    # The ninth column is in no whole group.
    assert made.tolist() == [pytest.approx([0, 0, 3, 4, 0, 0, 9, 0.3, 5])]
    compensated = compensating.sparsegpt(torch.randn(4, 256), torch.eye(256), 0.9, (4, 8))
    assert ((compensated.view(4, 32, 8) == 0).sum(-1) == 4).all()


def test_an_input_that_is_always_zero_costs_nothing_and_breaks_nothing():
    gram = torch.diag(torch.tensor([1.0, 0.0, 1.0]))
    assert compensating.gptq(torch.tensor([[1.0, 7.0, -0.6]]), gram, 2).tolist() == [[1.0, 0.0, -1.0]]


def test_a_layer_that_nothing_came_to_is_changed_by_its_weights_alone():
    nothing = torch.zeros(3, 3)
    assert compensating.gptq(WEIGHT, nothing, 2).tolist() == rounded(WEIGHT, 2).tolist()
    assert compensating.wanda(WEIGHT, nothing, 0.34).tolist() == [pytest.approx([0.4, 0.0, 1.0])]


def test_sixteen_bits_leave_everything():
    assert torch.equal(compensating.gptq(WEIGHT, GRAM, 16), WEIGHT)
    assert torch.equal(rounded(WEIGHT, 16), WEIGHT)
