"""The seam behind attention: what a cache policy sees, what it may drop or hide, and what stays as it was."""

from __future__ import annotations

import pytest
import small_world

torch = pytest.importorskip("torch")

from transformers import AutoConfig  # noqa: E402

from limbeck.errors import LimbeckError  # noqa: E402
from limbeck.generation import Sampling  # noqa: E402
from limbeck.models import _cached  # noqa: E402
from limbeck.models.scripted import Scripted  # noqa: E402
from limbeck.models.transformers import transformers  # noqa: E402
from limbeck.networks.caching import Whole, chance, check_config, weights  # noqa: E402

WARM = Sampling(n=4, temperature=1.0, top_p=1.0, max_tokens=30, seed=5, logprobs=True)
QUESTIONS = [[{"role": "user", "content": question}] for question in ("1+2", "3+4", "0+1+1", "7+1+1+1+1")]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    sizes = {"layers": 2, "width": 32, "heads": 4, "kv_heads": 2}
    return transformers(path=small_world.student(tmp_path_factory.mktemp("model"), template="bare", **sizes))


def drawn(model, sampling=WARM):
    return [[(each.ids, each.logprobs) for each in row] for row in model.generate(QUESTIONS, sampling)]


class Noting(Whole):
    """Keeps everything and notes what it is called with."""

    def __init__(self):
        self.calls, self.shapes, self.rows = [], [], 0

    def begin(self, model, rows, seen_RK):
        self.calls.append("begin")
        self.rows, self.prompt = len(rows), seen_RK.shape[1]

    def read(self, layer, query_RHD, key_RGKD, seen_RK):
        self.calls.append(f"read {layer}")
        assert query_RHD.shape == (self.rows, 4, 8)
        assert key_RGKD.shape == (self.rows, 2, seen_RK.shape[1], 8)

    def keep(self, layer, key_RGKD, value_RGKD):
        self.calls.append(f"keep {layer}")

    def select(self, places):
        self.calls.append("select")
        self.rows = len(places)


class Halved(Whole):
    """Forgets everything that was written, but for the newest token; or hides it."""

    def __init__(self, hides=False, layers=(0, 1)):
        self.hides, self.layers = hides, layers

    def begin(self, model, rows, seen_RK):
        self.prompt = seen_RK.shape[1]

    def read(self, layer, query_RHD, key_RGKD, seen_RK):
        if not self.hides:
            return None
        chosen_RGK = torch.ones(key_RGKD.shape[:3], dtype=torch.bool)
        chosen_RGK[:, :, self.prompt : -1] = False
        return chosen_RGK

    def keep(self, layer, key_RGKD, value_RGKD):
        if self.hides or layer not in self.layers:
            return None
        return key_RGKD[:, :, : self.prompt], value_RGKD[:, :, : self.prompt]


@pytest.mark.parametrize("sampling", [WARM, Sampling(n=1, temperature=0.0, max_tokens=30, logprobs=True)])
def test_a_policy_that_keeps_everything_changes_nothing_to_the_bit(model, sampling):
    assert drawn(model.cached(Whole()), sampling) == drawn(model, sampling)
    assert model.caching is None


def test_calls_come_in_order(model):
    noting = Noting()
    drawn(model.cached(noting))
    assert noting.calls[:6] == ["begin", "read 0", "read 1", "keep 0", "keep 1", "read 0"]
    assert "select" in noting.calls


def test_what_is_hidden_is_as_good_as_dropped(model):
    dropped, hidden = drawn(model.cached(Halved())), drawn(model.cached(Halved(hides=True)))
    assert [[ids for ids, _ in row] for row in dropped] == [[ids for ids, _ in row] for row in hidden]
    assert dropped != drawn(model)
    ours, theirs = (
        [logp for row in each for _, logps in row for logp in logps] for each in (dropped, hidden)
    )
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_samples_do_not_depend_on_how_batches_are_cut(model, monkeypatch):
    together = drawn(model.cached(Halved()))
    monkeypatch.setattr(_cached, "COMPACT", 0.9)
    few = model.cached(Halved())
    few.batch_tokens = 1
    alone = drawn(few)
    assert [[ids for ids, _ in row] for row in alone] == [[ids for ids, _ in row] for row in together]


def test_bytes_and_keys_are_counted(model):
    sampling = Sampling(n=1, temperature=0.0, max_tokens=5)
    (whole,), (few,) = (each.generate(QUESTIONS[:1], sampling) for each in
                        (model.cached(Whole()), model.cached(Halved(hides=True))))  # fmt: skip
    prompt, written = whole[0].prompt_tokens, whole[0].tokens
    a_position = 2 * 2 * 2 * 8 * 4  # keys and values, layers, heads, their size, bytes of a number
    assert whole[0].scores["cache_bytes"] == (prompt + written - 1) * a_position
    assert whole[0].scores["cache_mean"] == pytest.approx((prompt + written / 2) * a_position)
    assert whole[0].scores["keys_read"] == pytest.approx(prompt + written / 2)
    assert few[0].scores["keys_read"] == prompt + 1


def test_layers_that_hold_differently_many_are_an_error(model):
    with pytest.raises(LimbeckError, match="policy Halved leaves layers of"):
        drawn(model.cached(Halved(layers=(0,))))


def test_what_cannot_go_together_is_told(model):
    policed = model.cached(Whole())
    with pytest.raises(LimbeckError, match="cannot be steered too"):
        policed.steered(None)
    with pytest.raises(LimbeckError, match="cannot have a cache policy too"):
        model.steered(object()).cached(Whole())
    with pytest.raises(LimbeckError, match="cannot score given text"):
        policed.score(QUESTIONS[:1], ["1"])
    with pytest.raises(LimbeckError, match="shows no cache to a policy"):
        Scripted(["x"]).cached(Whole())


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("mamba2", "the state of a recurrence"),
        ("mistral", "DynamicSlidingWindowLayer"),
        ("nemotron_h", "the state of a recurrence"),
        ("qwen3_next", "the state of a recurrence"),
    ],
)
def test_an_architecture_without_that_cache_is_named(kind, why):
    with pytest.raises(LimbeckError, match=f"models of type '{kind}' keep .*{why}"):
        check_config(AutoConfig.for_model(kind), "here")
    check_config(AutoConfig.for_model("llama"), "here")
    check_config(AutoConfig.for_model("qwen3"), "here")


def test_weights_are_a_softmax_over_the_keys_given():
    # Two heads share one of keys; the logits are 0 and 2 / sqrt(1) for the first, 0 and 0 for the second.
    query_RHQD = torch.tensor([[[[1.0]], [[0.0]]]])
    key_RGKD = torch.tensor([[[[0.0], [2.0]]]])
    e2 = float(torch.tensor(2.0).exp())
    expected = [[[[1 / (1 + e2), e2 / (1 + e2)]], [[0.5, 0.5]]]]
    assert torch.allclose(weights(query_RHQD, key_RGKD), torch.tensor(expected))
    hidden = weights(query_RHQD, key_RGKD, torch.tensor([[False, True]]))
    assert hidden.tolist() == [[[[0.0, 1.0]], [[0.0, 1.0]]]]


def test_chance_belongs_to_prompt_number_and_place():
    class Row:
        def __init__(self, prompt, number):
            self.prompt, self.number = prompt, number

    rows = [Row([1, 2], 0), Row([1, 2], 1), Row([1, 3], 0)]
    numbers = chance(rows, "0/1", 4)
    assert torch.equal(chance(rows[::-1], "0/1", 4), numbers.flip(0))
    assert len({tuple(row) for row in [*numbers.tolist(), *chance(rows, "0/2", 4).tolist()]}) == 6
