"""networks/rounding: activations and caches, each token on its own, the same however a text is read."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch", reason="networks need the extra limbeck[train]")

from transformers import DynamicCache  # noqa: E402

from limbeck.networks.compressing import rounded_between  # noqa: E402
from limbeck.networks.opening import load  # noqa: E402
from limbeck.networks.rounding import RoundedCache, round_inside  # noqa: E402

IDS = torch.tensor([[3, 9, 5, 7, 4, 6]])


@pytest.fixture
def start(tmp_path) -> str:
    return small_world.student(tmp_path, layers=2)


def test_levels_lie_from_the_least_to_the_largest():
    values = torch.tensor([[1.0, 2.1, 2.9, 4.0], [0.0, 0.0, 0.0, 0.0]])
    # Two bits: 1, 2, 3, 4.
    assert rounded_between(values, 2).tolist() == [pytest.approx([1.0, 2.0, 3.0, 4.0]), [0.0] * 4]
    assert rounded_between(values, 16) is values


def test_inputs_of_linear_layers_are_rounded_token_by_token(start):
    model = round_inside(load(start).eval(), activations=2)
    seen = []
    layer = model.model.layers[0].mlp.down_proj
    layer.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    with torch.no_grad():
        whole = model(IDS).logits
        first = model(IDS[:, :3]).logits
    assert all(len(token.unique()) <= 3 for token in seen[0][0])
    assert torch.allclose(whole[:, :3], first, atol=1e-6)
    assert not torch.allclose(whole, load(start).eval()(IDS).logits, atol=1e-4)


def test_a_cache_holds_few_values_and_reading_is_writing(start):
    model = round_inside(load(start).eval(), cache=3)
    cache = DynamicCache(config=model.config)
    with torch.no_grad():
        whole = model(IDS, use_cache=False).logits
        steps = [model(IDS[:, at : at + 1], past_key_values=cache, use_cache=True).logits for at in range(6)]
    assert torch.allclose(torch.cat(steps, 1), whole, atol=1e-5)
    keys = cache.layers[0].keys[0]  # [heads, T, width]
    assert keys.shape[1] == 6
    assert all(len(token.unique()) <= 8 for head in keys for token in head)
    assert not torch.allclose(whole, load(start).eval()(IDS).logits, atol=1e-4)


def test_sixteen_bits_are_the_model_itself(start):
    with torch.no_grad():
        assert torch.equal(
            round_inside(load(start).eval(), 16, 16)(IDS).logits, load(start).eval()(IDS).logits
        )


def test_what_else_is_asked_of_a_cache_goes_to_the_one_inside():
    assert RoundedCache(DynamicCache(), 4).get_seq_length() == 0
