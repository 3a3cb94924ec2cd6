"""Thoughts are found by weights, left out of rows, and read along a diagonal."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.batch import Item, Row, collate  # noqa: E402
from limbeck.networks.silent import Silent  # noqa: E402


def row(name, ids, start, weights):
    more = {"weight": np.array(weights, np.float32), "logp": np.arange(len(weights), dtype=np.float32)}
    return Row(name, np.array(ids, np.int32), start, columns=more)


def batch():
    # A prompt of two, a thought of three, an answer of two; a prompt of three and an answer alone.
    rows = [row("a", [1, 2, 3, 4, 5, 6, 7], 2, [0, 0, 0, 1, 1]), row("b", [1, 8, 2, 9], 3, [1])]
    return collate([Item((each,)) for each in rows])


def test_a_thought_goes_and_the_rest_moves_together():
    silent = Silent.of(batch())
    assert silent.thought_BT.int().tolist() == [[0, 0, 1, 1, 1, 0, 0], [0] * 7]
    assert (silent.start_B.tolist(), silent.end_B.tolist()) == ([1, 2], [4, 2])
    told = silent.batch
    # Width 7 - 0: the second row has no thought, so nothing is cut off the padding.
    assert told.ids_BT[0, :4].tolist() == [1, 2, 6, 7]
    assert told.ids_BT[1, :4].tolist() == [1, 8, 2, 9]
    assert told.target_N.tolist() == [6, 7, 9]
    assert told.row_N.tolist() == [0, 0, 1]
    # Each is foretold from the position before it.
    assert told.ids_BT.flatten()[told.index_N].tolist() == [2, 6, 2]
    assert told.ids_BT[told.mask_BT].tolist() == [6, 7, 9]
    assert told.count_B.tolist() == [2, 1]
    assert told.columns["logp"].tolist() == [3, 4, 0]


def test_weights_of_nothing_behind_an_answer_are_no_thought():
    late = collate([Item((row("a", [1, 2, 3, 4], 2, [1, 0]),)), Item((row("b", [1, 2, 3], 1, [0, 0]),))])
    silent = Silent.of(late)
    assert not silent.thought_BT.any()
    assert silent.batch.target_N.tolist() == [3, 4, 2, 3]
    with pytest.raises(LimbeckError, match="no trace has a thought that weighs nothing"):
        silent.must_think("here")


def test_the_diagonal_by_hand():
    """Of a thought from 1 to 4 three layers see positions 1, 2.5 (to even: 2) and 4, normed."""
    layers = tuple(torch.arange(14.0).reshape(2, 7, 1) + 100 * layer for layer in range(3))
    wide = tuple(torch.cat([each, -each, 0 * each], -1) for each in layers)
    picked = Silent.of(batch()).diagonal(wide)
    assert picked.shape == (3, 2, 3)
    top = (3 / 2) ** 0.5
    assert torch.allclose(picked, torch.tensor([top, -top, 0.0]).expand(3, 2, 3), atol=1e-3)
    plain = [
        layer[torch.arange(2), torch.tensor(at), 0]
        for layer, at in zip(layers, [[1, 2], [2, 2], [4, 2]], strict=True)
    ]
    known = Silent.of(batch()).diagonal(tuple(torch.cat([each**2, each, 0 * each], -1) for each in layers))
    for got, value in zip(known, plain, strict=True):
        state = torch.stack([value**2, value, 0 * value], -1)
        want = (state - state.mean(-1, keepdim=True)) / (
            state.var(-1, unbiased=False, keepdim=True) + 1e-5
        ).sqrt()
        assert torch.allclose(got, want, atol=2e-4)
