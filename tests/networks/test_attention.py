"""Attention in blocks: the formula's values and gradients where it may be used, and torch's own elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import architectures  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402
from transformers.integrations.sdpa_attention import sdpa_attention_forward  # noqa: E402

from limbeck.networks import attention  # noqa: E402
from limbeck.networks.policy import Network  # noqa: E402

SHAPES = [
    # rows, heads, heads of keys, tokens, head size
    (1, 1, 1, 1, 8),
    (2, 3, 3, 127, 16),
    (2, 4, 2, 128, 8),
    (1, 4, 1, 129, 20),
    (3, 2, 2, 300, 8),
]


@pytest.fixture(autouse=True)
def any_machine(monkeypatch):
    """Blocks are slower elsewhere, and right."""
    monkeypatch.setattr(attention, "fast", lambda device: True)


class Layer(nn.Module):
    is_causal = True

    def __init__(self, shared: int = 1) -> None:
        super().__init__()
        self.num_key_value_groups = shared


def operands(rows: int, heads: int, keys: int, tokens: int, size: int) -> list[Tensor]:
    torch.manual_seed(0)
    return [2 * torch.randn(rows, each, tokens, size) for each in (heads, keys, keys)]


def exactly(query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
    """By the formula, in float64."""
    query, key, value = (each.double() for each in (query, key, value))
    key, value = (each.repeat_interleave(query.shape[1] // each.shape[1], 1) for each in (key, value))
    score = scale * query @ key.mT
    later = torch.ones(score.shape[-2:], dtype=torch.bool).triu(1)
    return (score.masked_fill(later, -torch.inf).softmax(-1) @ value).transpose(1, 2)


def gradients(function, given: list[Tensor], upstream: Tensor) -> list[Tensor]:
    leaves = [each.detach().requires_grad_() for each in given]
    out = function(*leaves)
    out.backward(upstream.to(out.dtype))
    return [out.detach(), *[each.grad for each in leaves]]


def off(ours: Tensor, exact: Tensor) -> float:
    return float((ours.double() - exact.double()).norm() / exact.double().norm().clamp(min=1e-9))


@pytest.mark.parametrize("group", [1, 2**20])
@pytest.mark.parametrize("shape", SHAPES)
def test_value_and_gradients_are_the_formulas(monkeypatch, shape, group):
    monkeypatch.setattr(attention, "GROUP", group)
    given = [each.bfloat16() for each in operands(*shape)]
    scale = 0.3
    upstream = torch.randn(shape[0], shape[3], shape[1], shape[4])
    layer = Layer(shape[1] // shape[2])
    ours = gradients(lambda q, k, v: attention.attend(layer, q, k, v, None, scale)[0], given, upstream)
    exact = gradients(lambda q, k, v: exactly(q, k, v, scale), given, upstream)
    for mine, true in zip(ours, exact, strict=True):
        assert mine.dtype == torch.bfloat16
        assert mine.shape == true.shape
        assert off(mine, true) < 0.02  # bfloat16 has 8 bits


@pytest.mark.parametrize("large", [1, 4])
def test_it_is_as_near_as_torchs_own(large):
    given = [large * each.bfloat16() for each in operands(2, 4, 4, 300, 32)]
    upstream = torch.randn(2, 300, 4, 32)
    ours, theirs, exact = (
        gradients(function, given, upstream)
        for function in (
            lambda q, k, v: attention.attend(Layer(), q, k, v, None, 0.2)[0],
            lambda q, k, v: sdpa_attention_forward(Layer(), q, k, v, None, scaling=0.2)[0],
            lambda q, k, v: exactly(q, k, v, 0.2),
        )
    )
    for mine, other, true in zip(ours, theirs, exact, strict=True):
        assert off(mine, true) < 1.5 * off(other, true)


def test_nothing_later_is_seen_nor_another_row():
    query, key, value = (each.bfloat16() for each in operands(3, 2, 2, 200, 8))
    before = attention.attend(Layer(), query, key, value, None)[0]
    for each in (query, key, value):
        each[:, :, 150:] = 7.0
        each[1] = -3.0
    after = attention.attend(Layer(), query, key, value, None)[0]
    assert torch.equal(before[[0, 2], :150], after[[0, 2], :150])
    assert not torch.equal(before[1, :150], after[1, :150])


@pytest.mark.parametrize(
    ("dtype", "more"),
    [
        (torch.float32, {}),
        (torch.bfloat16, {"attention_mask": torch.ones(1, 1, 9, 9, dtype=torch.bool).tril(2)}),
        (torch.bfloat16, {"is_causal": False}),
        (torch.bfloat16, {"dropout": 0.5}),
        (torch.bfloat16, {"position_bias": torch.randn(1, 1, 9, 9)}),
    ],
)
def test_what_is_not_plainly_causal_goes_to_torch(dtype, more):
    given = [each.to(dtype) for each in operands(1, 2, 2, 9, 8)]
    more = {"attention_mask": None} | more
    results = []
    for function in (attention.attend, sdpa_attention_forward):
        torch.manual_seed(1)
        results.append(function(Layer(), *given, **more)[0])
    assert torch.equal(*results)


def test_longer_rows_go_to_torch(monkeypatch):
    monkeypatch.setattr(attention, "LONGEST", 8)
    given = [each.bfloat16() for each in operands(1, 2, 2, 9, 8)]
    assert torch.equal(
        *(each(Layer(), *given, None)[0] for each in (attention.attend, sdpa_attention_forward))
    )


def test_one_token_behind_a_cache_goes_to_torch():
    query, key, value = (each.bfloat16() for each in operands(1, 2, 2, 9, 8))
    ours, theirs = (
        function(Layer(), query[:, :, -1:], key, value, None)[0]
        for function in (attention.attend, sdpa_attention_forward)
    )
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("arch", architectures.ARCHITECTURES)
def test_every_architecture_gives_what_it_gave_or_stays(tmp_path, arch):
    # Gemma 2 and Mistral attend to windows that are narrower than the row.
    window = {"sliding_window": 5} if arch in ("gemma2", "mistral") else {}
    model = AutoModelForCausalLM.from_pretrained(architectures.start(arch, tmp_path, **window)).train()
    usual = getattr(model.config, "_attn_implementation", None)
    ids_BT, index_N = torch.randint(3, 12, (2, 20)), torch.arange(40)

    def hidden(network: Network) -> Tensor:
        model.zero_grad()
        values = network(ids_BT, index_N)[0].float()
        values.square().sum().backward()
        return torch.cat([values.detach().flatten(), model.get_input_embeddings().weight.grad.flatten()])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attention, "fast", lambda device: False)
        theirs = hidden(Network(model, torch.bfloat16))
        assert model.config._attn_implementation == usual
    network = Network(model, torch.bfloat16)
    assert off(hidden(network), theirs) < 0.012
    if network.attention:
        assert model.config._attn_implementation == usual
        assert type(model).__name__ in network.attention
    else:
        assert model.config._attn_implementation == attention.NAME
    assert bool(network.attention) == (arch in ("mamba", "gemma2"))


def test_the_saved_model_and_its_sampling_know_nothing_of_it(tmp_path):
    start = architectures.start("qwen3", tmp_path / "start")
    model, other = (AutoModelForCausalLM.from_pretrained(start) for _ in range(2))
    network = Network(model, torch.bfloat16)
    assert not network.attention
    ids = torch.tensor([[0, 3, 4, 5], [3, 4, 5, 6]])
    seen = torch.tensor([[0, 1, 1, 1], [1, 1, 1, 1]])
    asked = {"input_ids": ids, "attention_mask": seen, "max_new_tokens": 8, "do_sample": False}
    assert torch.equal(model.generate(**asked), other.generate(**asked))
    model.save_pretrained(tmp_path / "saved")
    assert attention.NAME not in Path(tmp_path / "saved" / "config.json").read_text()


def test_float32_and_other_machines_keep_torchs(tmp_path, monkeypatch):
    model = AutoModelForCausalLM.from_pretrained(architectures.start("llama", tmp_path))
    assert not Network(model).attention
    assert model.config._attn_implementation == "sdpa"
    monkeypatch.undo()
    asked = {"_is_avx512_bf16_supported": True, "_is_amx_tile_supported": True}
    for name, has in asked.items():
        monkeypatch.setattr(torch.cpu, name, lambda has=has: has)
    assert not attention.fast("cpu")  # with AMX nothing was measured
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert attention.fast("cpu")
    assert not attention.fast("cuda")
    Network(model, torch.bfloat16)
    assert model.config._attn_implementation == attention.NAME
