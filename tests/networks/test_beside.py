"""A second network beside a sampler: what it says, with whose weights, and what it drops."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch")

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.models._queue import Row  # noqa: E402
from limbeck.networks.beside import Beside  # noqa: E402
from limbeck.networks.dropping import NAME, Dropping, _mixed, row_key  # noqa: E402
from limbeck.networks.opening import load  # noqa: E402
from limbeck.networks.twins import blocks, last_states, tapped, twin  # noqa: E402


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("net")
    return load(small_world.student(folder, layers=2, width=32, heads=4, kv_heads=2)).eval()


def row(prompt: list[int], *written: int, number: int = 0) -> Row:
    made = Row(prompt, 0, number, 9)
    made.seen = [*prompt, *written]
    return made


def plain(network, ids: list[int]):
    with torch.no_grad():
        return network(input_ids=torch.tensor([ids])).logits[0, -1]


def test_a_twin_shares_its_weights_and_nothing_else(network):
    other = twin(network)
    ours, theirs = dict(network.named_parameters()), dict(other.named_parameters())
    assert all(theirs[name] is weight for name, weight in ours.items())
    assert not {id(each) for each in network.modules()} & {id(each) for each in other.modules()}
    assert other.config is not network.config
    apart = twin(network, shared=False)
    assert all(apart.get_parameter(name) is not weight for name, weight in ours.items())


def test_rows_are_read_as_the_network_reads_them_alone_however_they_come_and_go(network):
    rows = [row([5, 6, 7]), row([8, 9]), row([4])]
    beside = Beside(network)
    for step, staying in enumerate([[0, 1, 2], [0, 1, 2], [2, 0], [2, 0], [0, 1]]):
        kept = [rows[place] for place in staying]
        logits_RV = beside.read(kept).logits[:, -1]
        for logits_V, each in zip(logits_RV, kept, strict=True):
            torch.testing.assert_close(logits_V, plain(network, each.seen), atol=1e-5, rtol=1e-5)
            each.seen.append(3 + step)
        for each in rows:
            if each not in kept:
                each.seen.append(11)


def test_another_prompt_stands_for_a_rows_own(network):
    each = row([5, 6], 9, 4)
    read = Beside(network, lambda row: [7, 7, 7]).read([each]).logits[0, -1]
    torch.testing.assert_close(read, plain(network, [7, 7, 7, 9, 4]), atol=1e-5, rtol=1e-5)


def dropped(network, rate: float, rows: list[Row], beside: Beside | None = None):
    other, dropping = twin(network), Dropping(rate)
    dropping.put(other)

    def tell(rows, pads, width):
        keys = [row_key(1, each.prompt, each.number) for each in rows]
        dropping.keys, dropping.pads, dropping.width = keys, pads, width

    return Beside(other, None, tell), dropping


def test_nothing_dropped_is_plain_attention_and_the_first_network_stays_as_it_was(network):
    rows = [row([5, 6, 7]), row([8, 9])]
    beside, dropping = dropped(network, 0.0, rows)
    logits_RV = beside.read(rows).logits[:, -1]
    for logits_V, each in zip(logits_RV, rows, strict=True):
        torch.testing.assert_close(logits_V, plain(network, each.seen), atol=1e-5, rtol=1e-5)
    assert dropping.asked == 0
    assert network.config._attn_implementation != NAME


def test_what_a_row_drops_depends_on_its_key_and_positions_alone(network):
    rows = [row([5, 6, 7, 8]), row([8, 9]), row([8, 9], number=1)]
    together, dropping = dropped(network, 0.4, rows)
    apart = [dropped(network, 0.4, [each])[0] for each in rows]
    for step in range(4):
        logits_RV = together.read(rows).logits[:, -1]
        for logits_V, each, alone in zip(logits_RV, rows, apart, strict=True):
            # Token by token in a batch, token by token alone, and all at once alone.
            whole = dropped(network, 0.4, [each])[0].read([each]).logits[0, -1]
            torch.testing.assert_close(logits_V, alone.read([each]).logits[0, -1], atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(logits_V, whole, atol=1e-5, rtol=1e-5)
            assert (logits_V - plain(network, each.seen)).abs().max() > 1e-3
        assert not torch.allclose(logits_RV[1], logits_RV[2], atol=1e-3), "samples drop differently"
        for each in rows:
            each.seen.append(3 + step)
    assert dropping.asked == 4 * len(blocks(network))


def test_as_much_is_dropped_as_was_asked_for_and_the_rest_makes_up_for_it(network):
    dropping = Dropping(0.25)
    dropping.keys, dropping.pads, dropping.width = [row_key(0, [n], 0) for n in range(8)], [0] * 8, 64
    layer = next(each for each in network.modules() if hasattr(each, "layer_idx"))
    keep = dropping.keep(layer, torch.ones(8, 4, 64, 64))
    assert keep.unique().tolist() == [0.0, pytest.approx(1 / 0.75)]
    # 131,072 draws: the standard error of the share is 0.0012.
    assert float((keep == 0).float().mean()) == pytest.approx(0.25, abs=0.006)
    assert float(keep.mean()) == pytest.approx(1.0, abs=0.01)


def test_the_mixing_function_is_the_finaliser_of_splitmix64():
    def by_hand(x: int) -> int:
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
        return x ^ x >> 31

    for number in (1, 12345, 2**62 + 7):
        assert int(_mixed(torch.tensor(number))) % 2**64 == by_hand(number)


def test_an_architecture_that_attends_in_its_own_way_is_refused():
    class Own(torch.nn.Module):
        def _can_set_attn_implementation(self):
            return False

    with pytest.raises(LimbeckError, match="Own attends in its own way"):
        Dropping(0.1).put(Own())


def test_states_are_those_behind_each_block_at_the_last_token(network):
    prompts = [[5, 6, 7], [8, 9], [4, 4, 4]]
    states = last_states(network, prompts)
    assert states.shape == (2, 3, 32)
    with torch.no_grad():
        output = network(input_ids=torch.tensor([prompts[1]]), output_hidden_states=True)
    torch.testing.assert_close(states[0, 1], output.hidden_states[1][0, -1])
    normed = network.model.norm(states[1, 1])
    torch.testing.assert_close(normed, output.hidden_states[-1][0, -1])
    handle = tapped(blocks(network)[0], lambda state_BTD: state_BTD * 0)
    assert float(last_states(network, prompts)[0].abs().max()) == 0
    handle.remove()
    torch.testing.assert_close(last_states(network, prompts), states)
