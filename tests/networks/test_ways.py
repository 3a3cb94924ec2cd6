"""What is added to a network: the loop reads and the sampler writes with it, a folder keeps it."""

from __future__ import annotations

import copy

import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from transformers import AutoModelForCausalLM  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.networks import ways  # noqa: E402
from limbeck.networks.batch import Item, Row, collate  # noqa: E402
from limbeck.networks.opening import load  # noqa: E402
from limbeck.networks.policy import Network, Policy, plainly, run  # noqa: E402

IDS = torch.tensor([[5, 6, 7, 8, 9]])


class Shift(ways.Way):
    """Adds a vector to what the first layer gives, counts every second token for nothing, writes sixes."""

    kind = "shift"

    def __init__(self, width: int) -> None:
        super().__init__(width=width)
        self.shift = torch.nn.Parameter(torch.zeros(width))

    def join(self, model):
        model.base_model.layers[0].register_forward_hook(self.add)

    def add(self, layer, given, output):
        return output + self.shift

    def policy(self, module, plain, batch):
        weight_N = (torch.arange(len(batch.target_N)) % 2).float()
        return plainly(module, plain, batch.reweighted(weight_N))

    def sample(self, model, rows, sampling, limits):
        for row in rows:
            row.ids, row.ended = [6] * min(3, row.most), True
        yield rows


@pytest.fixture
def shifted(tmp_path, monkeypatch):
    monkeypatch.setitem(ways.KINDS, "shift", f"{__name__}:Shift")
    folder = small_world.student(tmp_path / "s")
    model = ways.grow(AutoModelForCausalLM.from_pretrained(folder), Shift(width=16))
    return folder, model


def test_a_folder_gives_back_what_was_added(shifted, tmp_path):
    _, model = shifted
    with torch.no_grad():
        plain = model(IDS).logits
        model.added.shift.fill_(0.5)
        moved = model(IDS).logits
        assert not torch.allclose(plain, moved, atol=1e-3)
        # A copy has a shift of its own.
        other = copy.deepcopy(model)
        model.added.shift.fill_(0.0)
        assert torch.equal(other(IDS).logits, moved)
    state, more = ways.plain_state(other)
    assert set(more) == {"added.shift"}
    assert not set(more) & set(state)
    other.save_pretrained(tmp_path / "kept", state_dict=state)
    ways.keep(other, more, tmp_path / "kept")
    with torch.no_grad():
        assert torch.equal(load(str(tmp_path / "kept")).eval()(IDS).logits, moved)
    with pytest.raises(LimbeckError, match="is of the kind 'shift' already"):
        ways.grow(model, Shift(width=16))
    with pytest.raises(LimbeckError, match=r"unknown kind of network 'shifd'.*shift"):
        ways.class_of("shifd")


def test_a_plain_network_has_no_way(shifted):
    folder, _ = shifted
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert ways.way_of(model) is None
    assert ways.plain_state(model) == (None, {})


def test_objectives_are_given_the_policys_own_weights(shifted):
    _, model = shifted
    batch = collate([Item((Row("a", IDS[0].numpy(), 2),)), Item((Row("b", IDS[0, :4].numpy(), 1),))])
    network = Network(model)
    policy = run(network, network, batch)
    assert isinstance(policy, Policy)
    assert policy.batch.token_weight_N.tolist() == [0, 1, 0, 1, 0, 1]
    assert policy.batch.count_B.tolist() == [1, 2]
    assert batch.count_B.tolist() == [3, 3]
    assert policy.logp_B.tolist() == pytest.approx(
        [policy.logp_N[1].item(), (policy.logp_N[3] + policy.logp_N[5]).item()]
    )


def test_its_own_sampling_is_what_a_model_writes(shifted, tmp_path):
    folder, model = shifted
    asked = transformers(path=str(folder))
    chat = [[{"role": "user", "content": "1+2"}]]
    sampling = Sampling(max_tokens=2, temperature=0)
    asked.sync(model.eval())
    ((_, _, made),) = asked.stream(chat, sampling)
    assert (made.ids, made.finish) == ([6, 6], "stop")

    class Steering:
        def begin(self, model, rows): ...

    with pytest.raises(LimbeckError, match="samples as 'shift' does and cannot be steered"):
        list(asked.steered(Steering()).stream(chat, sampling))
