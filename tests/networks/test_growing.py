"""Keys and values with room: what they hold is what the cache of transformers holds, whoever cuts them."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from transformers import AutoConfig, DynamicCache  # noqa: E402
from transformers.cache_utils import DynamicLayer  # noqa: E402

from limbeck.networks.growing import ROOM, Growing, held_bytes, new_cache, plain  # noqa: E402


def columns(rows: int, n: int, first: int = 0) -> torch.Tensor:
    """``[rows, 2, n, 3]``, each column by its number."""
    numbers = torch.arange(first, first + n, dtype=torch.float32)[None, None, :, None]
    return numbers + 1000 * torch.arange(rows)[:, None, None, None] + torch.zeros(rows, 2, n, 3)


def pair() -> tuple[Growing, DynamicLayer]:
    return Growing(), DynamicLayer()


def same(mine: Growing, theirs: DynamicLayer) -> bool:
    return torch.equal(mine.keys, theirs.keys) and torch.equal(mine.values, theirs.values)


def feed(layers, *parts: torch.Tensor) -> None:
    for part in parts:
        for layer in layers:
            keys, values = layer.update(part, -part)
            assert torch.equal(keys, -values)


def test_it_holds_what_the_cache_of_transformers_holds_through_cuts_and_reorders():
    both = pair()
    feed(both, columns(3, 5), columns(3, 1, 5), columns(3, 1, 6))
    assert same(*both)
    for layer in both:
        layer.crop(-2)
    feed(both, columns(3, 3, 50))
    assert same(*both)
    for layer in both:
        layer.reorder_cache(torch.tensor([2, 0]))
    feed(both, columns(2, 1, 9))
    assert same(*both)
    for layer in both:
        layer.keys, layer.values = layer.keys[..., 3:, :], layer.values[..., 3:, :]
    feed(both, columns(2, 2, 70))
    assert same(*both)
    feed(both, columns(2, 2 * ROOM, 100))
    assert same(*both)


def test_a_column_is_written_where_there_is_room_and_nothing_is_copied():
    layer = Growing()
    layer.update(columns(2, 4), columns(2, 4))
    where = layer.keys.data_ptr()
    for step in range(ROOM):
        layer.update(columns(2, 1, step), columns(2, 1, step))
        assert layer.keys.data_ptr() == where
    layer.update(columns(2, 1), columns(2, 1))
    assert layer.keys.data_ptr() != where, "the room is used up"
    layer.cut(3)
    where = layer.keys.data_ptr()
    layer.update(columns(2, 1), columns(2, 1))
    assert layer.keys.data_ptr() == where


def test_others_take_places_and_end_where_the_rest_does():
    layer = Growing()
    layer.update(columns(3, 5), columns(3, 5))
    layer.put(torch.tensor([1]), columns(1, 2, 90), columns(1, 2, 90))
    assert layer.keys[1, 0, :, 0].tolist() == [1000, 1001, 1002, 90, 91]
    assert layer.values[0, 0, :, 0].tolist() == [0, 1, 2, 3, 4]


def test_only_layers_that_keep_every_position_are_replaced():
    shape = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2}

    class Model:
        config = AutoConfig.for_model("llama", **shape)

    cache = new_cache(Model)
    assert plain(cache)
    assert [type(layer) for layer in cache.layers] == [Growing, Growing]
    cache.update(columns(2, 4), columns(2, 4), 0)
    # 4 + 64 columns of 2 rows, 2 heads and 3 numbers of four bytes; keys and values.
    assert held_bytes(cache) == 2 * (4 + ROOM) * 2 * 2 * 3 * 4
    Model.config = AutoConfig.for_model("mistral", sliding_window=4, **shape)
    assert not plain(new_cache(Model))
    assert type(new_cache(Model).layers[0]) is type(DynamicCache(config=Model.config).layers[0])
