"""Blocks of a cache, and gates that guess which of them a query attends to."""

from __future__ import annotations

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.local import Local  # noqa: E402
from limbeck.networks import ways  # noqa: E402
from limbeck.networks.batch import Item, Row, collate  # noqa: E402
from limbeck.networks.blocks import Blocks  # noqa: E402
from limbeck.networks.caching import Whole, weights  # noqa: E402
from limbeck.networks.gates import Gates, Guesses, for_model, rotated  # noqa: E402
from limbeck.networks.opening import load, open_tokenizer  # noqa: E402
from limbeck.networks.policy import Network, run  # noqa: E402

SEEN = torch.tensor([[True] * 5, [False, False, True, True, True]])
"""Two rows of five columns; with blocks of two, the first has three blocks, the second two."""


def test_blocks_begin_behind_the_padding():
    blocks = Blocks(2, SEEN)
    assert blocks.own_R.tolist() == [2, 1]
    assert blocks.count == 3
    assert blocks.of_RK.tolist() == [[0, 0, 1, 1, 2], [0, 0, 0, 0, 1]]
    assert blocks.columns(torch.tensor([1, 0])).tolist() == [[2, 3], [2, 3]]


def test_the_largest_and_the_mean_of_each_block():
    blocks = Blocks(2, SEEN)
    numbers_RK = torch.tensor([[1.0, 3, 2, 0, 5], [0.0, 0, 4, 2, 1]])
    assert blocks.largest(numbers_RK[:, None])[:, 0].tolist() == [[3, 2, 5], [4, 1, 0]]
    padded = torch.where(SEEN, numbers_RK, 9.0)
    assert blocks.mean(padded[:, None, :, None])[:, 0, :, 0].tolist() == [[2, 1, 5], [3, 1, 0]]


def test_the_best_are_read_and_a_rows_own_block_always():
    blocks = Blocks(2, SEEN)
    score_RGM = torch.tensor([[[0.2, 0.5, 0.0]], [[0.7, 0.9, 0.9]]])
    few = blocks.best(score_RGM, torch.tensor([2, 1])).int()
    assert few.tolist() == [[[0, 1, 1]], [[0, 1, 0]]]
    assert blocks.best(score_RGM, torch.tensor([3, 2]))[0].all()
    assert blocks.best(score_RGM, torch.tensor([3, 2]), 0.4).tolist()[0] == [[False, True, True]]
    chosen = blocks.spread(torch.tensor([[[True, False, True]], [[False, True, False]]]))
    assert chosen[:, 0].int().tolist() == [[1, 1, 0, 0, 1], [0, 0, 0, 0, 1]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    torch.manual_seed(0)
    sizes = {"layers": 2, "width": 32, "heads": 4, "kv_heads": 2}
    return small_world.student(tmp_path_factory.mktemp("model"), template="bare", **sizes)


def gated(folder, block=4, size=6):
    model = load(folder).eval()
    return ways.grow(model, for_model(model, size, block, seed=1))


class Divergence(Whole):
    """KL(attention over whole blocks || guess) of every token that is read, from what sampling sees."""

    def begin(self, model, rows, seen_RK):
        self.guesses, self.tokens = Guesses(model, 4, "here"), []

    def read(self, layer, query_RHD, key_RGKD, seen_RK):
        blocks = Blocks(4, seen_RK)
        guess_RGM = self.guesses.probabilities(layer, blocks, query_RHD, key_RGKD)
        weight_RHK = weights(query_RHD[:, :, None], key_RGKD, seen_RK)[:, :, 0]
        target_RGM = blocks.largest(weight_RHK).unflatten(1, (2, 2)).amax(2)
        target_RGM = target_RGM * (torch.arange(blocks.count) < blocks.own_R[:, None])[:, None]
        target_RGM = target_RGM / target_RGM.sum(-1, keepdim=True).clamp(min=1e-12)
        gap = torch.where(target_RGM > 0, target_RGM * (target_RGM / guess_RGM).log(), 0.0)
        if layer == 0:
            self.tokens.append(torch.zeros(len(query_RHD)))
        self.tokens[-1] += gap.sum(-1).mean(-1)

    def select(self, places):
        self.guesses.select(places)


def test_what_is_guessed_in_sampling_is_what_training_teaches(folder):
    """Prompts of other lengths, so padding on the left there and on the right here: the same divergences."""
    model = gated(folder)
    tokenizer = open_tokenizer(folder)
    caching = Divergence()
    local = Local.live(model, tokenizer).cached(caching)
    local._ends = [-1]  # no row is over before the others
    prompts = [tokenizer(text)["input_ids"] for text in ("1+2:", "3+4+1+1+1:", "7+0+0:")]
    sampling = Sampling(n=1, temperature=1.0, top_p=1.0, max_tokens=20, seed=3)
    written = {}
    for index, _, completion in local.continue_ids(prompts, [[0]] * 3, sampling):
        written[index] = completion.ids
    order = sorted(range(3), key=lambda index: len(prompts[index]))
    rows = [
        Item((Row(str(index), np.array([*prompts[index], *written[index]], np.int32), len(prompts[index])),))
        for index in order
    ]
    batch = collate(rows)
    policy = run(network := Network(model, layers=True), network, batch)
    ours = policy.divergence_N.view(3, 20)[:, 1:]
    theirs = torch.stack(caching.tokens, 1)
    assert theirs.abs().max() > 0.01
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_no_divergence_where_nothing_lies_behind_and_none_of_the_network_learns(folder):
    model = gated(folder)
    batch = collate([Item((Row("a", np.arange(3, 15, dtype=np.int32), 1),))])
    network = Network(model.requires_grad_(False), layers=True)
    ways.way_of(model).requires_grad_(True)
    policy = run(network, network, batch)
    # Queries of the first block have none behind; those of the second have one, of which all is certain.
    assert policy.divergence_N[:8].tolist() == pytest.approx([0.0] * 8, abs=1e-6)
    assert (policy.divergence_N[8:] > 0).all()
    policy.divergence_N.sum().backward()
    assert {name for name, each in model.named_parameters() if each.grad is not None} == {
        f"added.{name}" for name in ("query_LGSDE", "key_LGDE", "query_norm_LE", "key_norm_LE")
    }


def test_a_gate_is_worked_out_by_hand():
    gates = Gates(1, 1, 2, 1, size=2, block=2, theta=1.0)
    with torch.no_grad():
        gates.query_LGSDE.copy_(torch.tensor([[[[[1.0, 0.0]], [[0.0, 1.0]]]]]))
        gates.key_LGDE.copy_(torch.tensor([[[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]]]))
    # Heads 3 and 4 make (3, 4), of mean square 12.5; keys 1 and -1 pool to (1, -1).
    query = gates.of_queries(0, torch.tensor([[[3.0], [4.0]]]), torch.tensor([0]))
    assert query[0, 0].tolist() == pytest.approx([3 / 12.5**0.5, 4 / 12.5**0.5], abs=1e-5)
    block = gates.of_blocks(0, torch.tensor([[[[[1.0], [-1.0]]]]]), torch.tensor([[0]]))
    assert block[0, 0, 0].tolist() == pytest.approx([1.0, -1.0], abs=1e-5)
    expected = (3 - 4) / 12.5**0.5 / 2**0.5
    assert gates.scores(query, block).item() == pytest.approx(expected, abs=1e-5)
    # Both turned by one: the same product; the query alone by pi: its opposite.
    turned = gates.of_queries(0, torch.tensor([[[3.0], [4.0]]]), torch.tensor([1]))
    shifted = gates.of_blocks(0, torch.tensor([[[[[1.0], [-1.0]]]]]), torch.tensor([[1]]))
    assert gates.scores(turned, shifted).item() == pytest.approx(expected, abs=1e-5)


def test_turning_back_undoes_turning():
    states, angle = torch.randn(3, 8), torch.rand(4).repeat(2)
    there = rotated(states, angle.cos(), angle.sin())
    assert torch.allclose(rotated(there, angle.cos(), -angle.sin()), states, atol=1e-6)


def test_a_model_without_gates_or_with_others_is_told(folder):
    with pytest.raises(LimbeckError, match="here: the model has no gates"):
        Guesses(load(folder), 4, "here")
    with pytest.raises(LimbeckError, match="block=8: the model's gates are of blocks of 4"):
        Guesses(gated(folder), 8, "here")
