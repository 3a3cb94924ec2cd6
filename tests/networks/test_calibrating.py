"""networks/calibrating: what comes into a layer, padding left out; blocks that turn nothing."""

from __future__ import annotations

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch", reason="networks need the extra limbeck[train]")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks import calibrating  # noqa: E402
from limbeck.networks.batch import Row  # noqa: E402
from limbeck.networks.compressing import drop  # noqa: E402
from limbeck.networks.opening import load  # noqa: E402


@pytest.fixture
def model(tmp_path):
    return load(small_world.student(tmp_path, layers=3)).eval()


def rows(*lengths: int) -> list[Row]:
    return [Row(str(n), np.arange(3, 3 + n, dtype=np.int32), 1) for n in lengths]


def test_grams_are_of_real_tokens_whatever_the_padding(model):
    block = calibrating.blocks(model)[1]
    together = list(calibrating.grams(model, block, calibrating.batches(rows(4, 7))))
    apart = [list(calibrating.grams(model, block, calibrating.batches(each))) for each in (rows(4), rows(7))]
    for (_, both), (_, four), (_, seven) in zip(together, *apart, strict=True):
        assert torch.allclose(both, (4 * four + 7 * seven) / 11, atol=1e-6)
    # The inputs themselves, for one layer.
    seen = []
    hook = block.self_attn.q_proj.register_forward_pre_hook(lambda _, given: seen.append(given[0][0]))
    model(input_ids=torch.arange(3, 7)[None])
    hook.remove()
    (_, gram), *_ = apart[0]
    assert torch.allclose(gram.float(), seen[0].T @ seen[0] / 4, atol=1e-6)


def test_a_block_is_changed_by_what_the_changed_ones_hand_on(model):
    grams = []

    def change(weight, gram):
        grams.append(gram)
        return torch.zeros_like(weight)

    before = list(calibrating.grams(model, calibrating.blocks(model)[1], calibrating.batches(rows(5))))
    changed = calibrating.calibrate(model, calibrating.batches(rows(5)), change)
    each = len(before)
    assert len(grams) == 3 * each
    assert changed == sum(layer.weight.numel() for layer, _ in before) * 3
    assert not torch.allclose(grams[each], before[0][1])  # the first block no longer adds anything


def test_a_block_that_adds_nothing_has_no_influence_and_goes_without_a_trace(model):
    idle = calibrating.blocks(model)[1]
    for layer in (idle.self_attn.o_proj, idle.mlp.down_proj):
        layer.weight.data.zero_()
    influence = calibrating.influence(model, calibrating.batches(rows(5, 8)))
    assert influence[1] == pytest.approx(0, abs=1e-9)
    assert min(influence[0], influence[2]) > 1e-4
    ids = torch.arange(3, 9)[None]
    before = model(ids).logits
    assert drop(model, [1]) == [1]
    assert torch.equal(model(ids).logits, before)
    assert model.config.num_hidden_layers == 2
    assert [block.self_attn.layer_idx for block in model.model.layers] == [0, 1]
    with pytest.raises(LimbeckError, match="at least one must stay"):
        drop(model, [0, 1])


def test_random_text_has_the_same_lengths_and_other_tokens():
    asked = rows(4, 70)
    made = calibrating.at_random(asked, 40, seed=1)
    assert [len(row.ids) for row in made] == [4, 70]
    assert all((row.ids < 40).all() for row in made)
    assert len({*made[1].ids.tolist()}) > 20
    assert [row.ids.tolist() for row in calibrating.at_random(asked, 40, seed=1)] == [
        row.ids.tolist() for row in made
    ]
