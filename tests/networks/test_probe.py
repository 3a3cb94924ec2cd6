"""A probe reads rows as the model itself would, one by one, and leaves no trace of having looked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import small_world

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from transformers import AutoModelForCausalLM  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.networks.probe import Probe  # noqa: E402


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("start"), layers=2)


@pytest.fixture(scope="module")
def model(start):
    return AutoModelForCausalLM.from_pretrained(start).eval()


@pytest.fixture(scope="module")
def probe(start) -> Probe:
    return Probe.open(start, max_tokens=150, layers=True)


@pytest.fixture(scope="module")
def rows(probe):
    data = small_world.world(20)
    rows, reasons = probe.rows(data, data.traces)
    assert (len(rows), reasons) == (40, [])
    return rows


def alone(model, row):
    """What the model says of a row by itself: logits of the trained tokens, all hidden states."""
    with torch.no_grad():
        output = model(input_ids=torch.from_numpy(row.ids[None].astype(np.int64)), output_hidden_states=True)
    return output.logits[0, row.start - 1 : -1], torch.stack(output.hidden_states)[:, 0]


def test_tokens_are_read_as_the_model_itself_says_whatever_the_cut(probe, rows, model):
    def reading(batch, policy):
        return policy.logp_N, policy.log_probs(torch.arange(len(batch.target_N)))

    seen = dict(probe.tokens(rows, reading))
    assert sorted(seen) == list(range(40))
    for place, (logp, distributions) in seen.items():
        wanted = alone(model, rows[place])[0].log_softmax(-1).numpy()
        np.testing.assert_allclose(distributions, wanted, atol=1e-5)
        taken = rows[place].ids[rows[place].start :]
        np.testing.assert_allclose(logp, np.take_along_axis(wanted, taken[:, None], 1)[:, 0], atol=1e-5)


def test_a_number_for_each_trace_comes_in_order_and_no_weight_counts(probe, rows, model):
    losses = probe.traces(rows, lambda batch, policy: -policy.mean_B)
    taken = [torch.from_numpy(row.ids[row.start :].astype(np.int64)) for row in rows]
    wanted = [
        float(torch.nn.functional.cross_entropy(alone(model, row)[0], ids))
        for row, ids in zip(rows, taken, strict=True)
    ]
    assert losses == pytest.approx(wanted, abs=1e-5)
    weighed = [
        replace(row, columns={"weight": np.arange(len(ids), dtype=np.float32)})
        for row, ids in zip(rows, taken, strict=True)
    ]
    assert probe.traces(weighed, lambda batch, policy: -policy.mean_B) == losses


def test_hidden_states_and_attention_are_the_models_own(probe, rows, model):
    def last_state(batch, policy):
        return torch.stack(policy.layers)[1, batch.row_N, batch.index_N % batch.ids_BT.shape[1]]

    place, (states,) = next(probe.tokens(rows[:3], last_state))
    wanted = alone(model, rows[place])[1][1, rows[place].start - 1 : -1]
    np.testing.assert_allclose(states, wanted, atol=1e-5)
    before = probe.networks[0].model.config._attn_implementation
    _, attention = next(probe.attentions(rows[:1]))
    size = len(rows[0].ids)
    assert attention.shape == (2, 2, size, size)
    np.testing.assert_allclose(attention.sum(-1), 1, atol=1e-5)
    assert not np.triu(attention, 1).any(), "nobody sees what comes later"
    assert probe.networks[0].model.config._attn_implementation == before


def test_several_networks_read_the_same_rows(start, tmp_path, rows):
    other = small_world.student(tmp_path / "other", layers=1)
    both = Probe.open(start, other)
    gaps = both.traces(rows, lambda batch, policy, second: policy.mean_B - second.mean_B)
    singles = [Probe.open(path).traces(rows, lambda batch, policy: policy.mean_B) for path in (start, other)]
    assert gaps == pytest.approx([a - b for a, b in zip(*singles, strict=True)], abs=1e-5)
    assert max(map(abs, gaps)) > 1e-3
    stranger = small_world.student(tmp_path / "stranger", tokenizer="bpe", vocab=300)
    with pytest.raises(LimbeckError, match="different vocabularies"):
        Probe.open(start, stranger)


def test_a_network_in_training_is_looked_at_without_dropout_and_trained_on(probe, rows):
    network = probe.networks[0]
    network.train()
    modes = []
    for _ in probe.tokens(rows, lambda batch, policy: modes.append(network.training) or policy.logp_N):
        assert torch.is_grad_enabled()
        assert network.training
    assert set(modes) == {False}
    network.eval()


def test_no_rows_are_no_work(probe):
    assert probe.traces([], lambda batch, policy: policy.mean_B) == []
