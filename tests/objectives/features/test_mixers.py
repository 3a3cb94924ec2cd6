"""objectives/mixers: recurrent layers held against the attention they stand for."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from feature_cases import BATCH  # noqa: E402
from recurrent_cases import KINDS, network  # noqa: E402
from transformers import AutoConfig, AutoModelForCausalLM  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks import mixing  # noqa: E402
from limbeck.networks.policy import Network, run  # noqa: E402
from limbeck.objectives.features.mixers import mixers, needs, read  # noqa: E402
from limbeck.objectives.ops import Signal  # noqa: E402


def asked(model, signal: Signal, **params):
    net = Network(model, layers=True)
    return mixers(BATCH, run(net, net, BATCH), signal, **params)


def states(model) -> tuple[torch.Tensor, ...]:
    with torch.no_grad():
        return tuple(model(BATCH.ids_BT, output_hidden_states=True, use_cache=False).hidden_states)


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_is_at_no_distance_from_itself(kind):
    model = network(KINDS[kind])
    signal = Signal(layers=states(model))
    assert float(asked(model, signal).sum.detach()) == pytest.approx(0, abs=1e-9)
    with torch.no_grad():
        model.model.layers[KINDS[kind].index("linear_attention")].self_attn.o_proj.weight.mul_(2)
    loss = asked(model, signal)
    assert float(loss.sum.detach()) > 1e-3
    loss.sum.backward()
    moved = {name for name, weight in model.named_parameters() if weight.grad is not None}
    places = {str(at) for at, each in enumerate(KINDS[kind]) if each == "linear_attention"}
    assert {name.split(".")[2] for name in moved if name.startswith("model.layers.")} == places


def test_the_mixing_matrices_are_held_against_attention():
    """One too much at every place of every head: a token's row of T places is T away."""
    model = network(KINDS["pure"])
    told = states(model)
    with torch.no_grad():
        none = torch.zeros(2)  # not looked at
        ours = torch.stack([each for each, _ in mixing.weights(model, told, none)])
    exact = asked(model, Signal(layers=told, attentions=ours), match="weights")
    assert float(exact.sum.detach()) == pytest.approx(0, abs=1e-9)
    apart = asked(model, Signal(layers=told, attentions=ours + 1), match="weights")
    assert float((apart.sum / apart.count).detach()) == pytest.approx(BATCH.ids_BT.shape[1], rel=1e-5)


def test_every_position_up_to_the_last_trained_one_counts():
    wanted = [max(places.nonzero()[:, 0].tolist()) + 1 for places in BATCH.mask_BT]
    assert read(BATCH).sum(1).tolist() == wanted


def test_attention_is_asked_for_where_it_is_matched():
    assert needs(match="weights") == ("traces", "hidden", "attentions")
    assert needs() == ("traces", "hidden")


def test_a_student_without_such_layers_is_refused():
    model = network(["full_attention", "full_attention"])
    model.config.model_type = "qwen3"
    with pytest.raises(LimbeckError, match="the student has 2 layers and the teacher 1"):
        asked(network(KINDS["pure"]), Signal(layers=states(model)[:2]))
    small = {"num_hidden_layers": 1, "num_attention_heads": 2, "hidden_size": 32, "intermediate_size": 16}
    plain = AutoModelForCausalLM.from_config(AutoConfig.for_model("llama", vocab_size=50, **small))
    with pytest.raises(LimbeckError, match="has none: begin with one of students/recurrent"):
        mixing.recurrent_layers(plain)
