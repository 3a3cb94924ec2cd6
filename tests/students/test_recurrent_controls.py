"""`students/from_config` of architectures that keep a state: made, trained a little, sampled."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch", reason="students need the extra limbeck[train]")

from limbeck.generation import Sampling  # noqa: E402
from limbeck.models import _reading  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.networks import states  # noqa: E402
from limbeck.networks.opening import load  # noqa: E402

KINDS = {
    "mamba2": ["linear_attention"] * 2,
    "minimax": ["full_attention", "linear_attention"],
    "nemotron_h": ["linear_attention", "mlp", "full_attention", "mlp"],
}


@pytest.mark.parametrize("arch", KINDS)
def test_it_is_trained_and_samples_alike_in_any_batch(tmp_path, arch, monkeypatch):
    begin = small_world.student(tmp_path / "start", arch=arch, layers=2, template="bare")
    saved = small_world.train(tmp_path / "trained", begin, small_world.world(8), steps=1, lr=0.05)
    network = load(saved)
    assert [*network.config.layer_types] == KINDS[arch]
    asked = [[{"role": "user", "content": question}] for question in ("1+2", "3+4+5", "9")]
    sampling = Sampling(n=3, temperature=1.0, max_tokens=16, seed=1)
    together = [[each.text for each in row] for row in transformers(path=saved).generate(asked, sampling)]
    apart = [[each.text for each in transformers(path=saved).generate([chat], sampling)[0]] for chat in asked]
    assert together == apart
    # Scored in stretches, each of which begins with what was read before it.
    model, texts = transformers(path=saved), [row[0] for row in together]
    whole = model.score(asked, texts)
    monkeypatch.setattr(_reading, "logits_at_once", lambda _: 1)
    for given, other in zip(whole, model.score(asked, texts), strict=True):
        assert given == pytest.approx(other, abs=1e-4)


@torch.no_grad()
def test_a_mamba_keeps_as_much_of_a_long_text_as_of_a_short_one(tmp_path):
    network = load(small_world.student(tmp_path, arch="mamba2"))
    kept = []
    for tokens in (4, 40):
        memory = states.empty(network)
        given = {states.name_of(network): memory}
        network(input_ids=torch.full((1, tokens), 5), use_cache=True, **given)
        kept.append(states.held(memory))
    assert kept[0] == kept[1] > 0


@torch.no_grad()
def test_minimaxs_states_go_where_its_rows_go(tmp_path):
    network = load(small_world.student(tmp_path, arch="minimax", layers=2))
    ids = torch.tensor([[5, 6, 7], [8, 9, 10]])
    memory = states.empty(network)
    network(input_ids=ids, past_key_values=memory, use_cache=True)
    memory.reorder_cache(torch.tensor([1, 0]))
    more = torch.tensor([[4], [4]])
    turned = network(input_ids=more, past_key_values=memory, use_cache=True).logits[:, -1]
    whole = network(input_ids=torch.cat([ids, more], 1), use_cache=False).logits[:, -1]
    assert torch.allclose(turned, whole.flip(0), atol=1e-5)
    assert not torch.allclose(turned, whole, atol=1e-3)
