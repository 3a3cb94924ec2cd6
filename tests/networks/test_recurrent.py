"""Recurrent layers in a network: read at once or a token at a time, padded, kept, opened, counted."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="networks need the extra limbeck[train]")

from recurrent_cases import KINDS, network, words  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402
from transformers import AutoConfig  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks import opening, operations, states  # noqa: E402
from limbeck.networks.policy import Network  # noqa: E402
from limbeck.networks.recurrent import FULL, LINEAR  # noqa: E402


def read(model, ids, memory, pieces):
    made = [model(piece, past_key_values=memory, use_cache=True).logits for piece in ids.split(pieces, 1)]
    return torch.cat(made, 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("config", [{}, {"conv": 1}, {"rotary": False, "qk_norm": False}])
@torch.no_grad()
def test_a_token_at_a_time_gives_what_all_at_once_give(kind, config):
    model, ids = network(KINDS[kind], **config), words()
    whole = model(ids, use_cache=False).logits
    assert torch.allclose(read(model, ids, states.empty(model), [10, *[1] * 20]), whole, atol=1e-5)
    assert torch.allclose(read(model, ids, states.empty(model), [3, 2, 25]), whole, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_no_state_feels_padding(kind):
    model, ids = network(KINDS[kind]), words()
    mask = torch.cat([torch.zeros(2, 5), torch.ones(2, 30)], 1).long()
    padded = torch.cat([torch.full((2, 5), 7), ids], 1)
    places = (mask.cumsum(-1) - 1).clamp(min=0)
    made = model(padded, attention_mask=mask, position_ids=places, use_cache=False).logits[:, 5:]
    assert torch.allclose(made, model(ids, use_cache=False).logits, atol=1e-5)


@torch.no_grad()
def test_it_is_kept_and_opened_as_what_it_is(tmp_path):
    model, ids = network(KINDS["first"], attention_bias=True), words()
    model.save_pretrained(tmp_path)
    opened = opening.load(str(tmp_path))
    assert torch.equal(opened(ids).logits, model(ids).logits)
    assert opening.configuration(str(tmp_path)).layer_types == [FULL, LINEAR]
    assert opening.vocabulary(str(tmp_path)) == 50


def test_the_loop_reads_it_through_a_plain_head_with_its_layers():
    net = Network(network(KINDS["last"]), layers=True)
    assert net.plain_head
    hidden_ND, layers = net(words(), torch.arange(60))
    assert len(layers) == 3
    assert torch.allclose(layers[-1].flatten(0, 1), hidden_ND, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_what_is_kept_grows_with_attention_alone(kind):
    model, memory = network(KINDS[kind]), None
    attending = KINDS[kind].count(FULL)
    kept = {}
    for tokens in (10, 30):
        memory = states.empty(model)
        model(words(1, tokens), past_key_values=memory, use_cache=True)
        kept[tokens] = states.held(memory)
        assert kept[tokens] == operations.held(model.config, tokens)
    # Keys and values of 2 heads of 8 numbers of 4 bytes; a state of 4 heads of 8 x 8, and 3 tokens of 96.
    assert kept[30] - kept[10] == attending * 20 * 2 * 2 * 8 * 4
    assert kept[10] == attending * 10 * 128 + (2 - attending) * 4 * (4 * 64 + 3 * 96)


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_operations_are_those_that_torch_counts(kind):
    """Products of matrices are counted by `FlopCounterMode`, two for each; what is done number by number is
    added by hand: decay and outer product, the convolution, the skip."""
    model, tokens = network(KINDS[kind]), 25
    model.set_attn_implementation("eager")
    memory = states.empty(model)
    model(words(1, tokens - 1), past_key_values=memory, use_cache=True)
    with FlopCounterMode(display=False) as counter:
        model(words(1, 1), past_key_values=memory, use_cache=True)
    by_number = KINDS[kind].count(LINEAR) * (2 * 4 * 64 + 96 * 4 + 32)
    assert operations.step(model.config, tokens) == counter.get_total_flops() // 2 + by_number


def test_a_sample_is_the_sum_of_its_steps():
    config = network(KINDS["first"]).config
    head = 32 * 50
    steps = sum(operations.step(config, place) - head for place in range(11, 15))
    assert operations.sampled(config, 10, 5) == steps + 5 * head
    assert operations.sampled(config, 10, 1) == head
    assert operations.sampled(config, 10, 0) == operations.prompted(config, 0) == 0
    assert operations.prompted(config, 3) == sum(operations.step(config, at) - head for at in (1, 2, 3))


def test_bytes_are_what_is_read_and_written_at_every_token():
    config = network(KINDS["first"]).config
    state = 4 * (4 * 64 + 3 * 96)
    # Keys and values, 128 bytes a token: the third token reads two and writes one.
    assert operations.moved(config, 3, 3) == 2 * state + 3 * 128
    assert operations.moved(config, 3, 5) == 6 * state + (3 + 4 + 5) * 128
    assert operations.work(config, 2, 4) == {
        "operations": operations.sampled(config, 2, 4), "bytes": operations.moved(config, 3, 5),
    }  # fmt: skip
    assert operations.work(config, 2, 0)["bytes"] == 4 * state + 3 * 128
    assert operations.work(config, 2, 1)["bytes"] == 0


def test_other_shapes_are_not_counted():
    config = AutoConfig.for_model("mamba2", num_heads=8, head_dim=8, hidden_size=32)
    with pytest.raises(LimbeckError, match="not of 'mamba2'"):
        operations.check(config)
