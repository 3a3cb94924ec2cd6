"""Norms under autocast: the same values and gradients, of those classes alone that compute just that."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import architectures  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402
from transformers.models.gemma2.modeling_gemma2 import Gemma2RMSNorm  # noqa: E402
from transformers.models.llama.modeling_llama import LlamaRMSNorm  # noqa: E402

from limbeck.networks import attention, norms  # noqa: E402


@pytest.fixture(autouse=True)
def any_machine(monkeypatch):
    monkeypatch.setattr(norms, "fast", lambda device: True)


def passed(norm: nn.Module, value: Tensor, upstream: Tensor, autocast: bool) -> list[Tensor]:
    """What comes out, and both gradients."""
    leaf = value.detach().requires_grad_()
    norm.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        out = norm(leaf)
    out.backward(upstream.to(out.dtype))
    return [out.detach(), leaf.grad, norm.weight.grad]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(3, 7, 16), (2, 5, 3, 16)])
def test_values_and_gradients_are_those_of_the_formula(dtype, shape):
    torch.manual_seed(0)
    norm = LlamaRMSNorm(16, eps=0.1)
    nn.init.uniform_(norm.weight, 0.5, 2)
    value, upstream = 3 * torch.randn(shape).to(dtype), torch.randn(shape)
    exact = passed(norm.double(), value.double(), upstream, False)
    norm.float()
    norms.use(norm)
    ours = passed(norm, value, upstream, True)
    assert type(norm) is not LlamaRMSNorm
    assert isinstance(norm, LlamaRMSNorm)
    assert ours[0].dtype == torch.float32
    assert ours[1].dtype == dtype
    for mine, true in zip(ours, exact, strict=True):
        rounds = dtype == torch.bfloat16 and mine.dtype == dtype
        assert torch.allclose(mine.double(), true.double(), rtol=1e-2 if rounds else 1e-5, atol=1e-5)


def test_without_autocast_it_is_what_it_was():
    norm, usual = LlamaRMSNorm(16), LlamaRMSNorm(16)
    norms.use(norm)
    value, upstream = torch.randn(4, 16), torch.randn(4, 16)
    pairs = zip(passed(norm, value, upstream, False), passed(usual, value, upstream, False), strict=True)
    assert all(torch.equal(*pair) for pair in pairs)


def test_a_frozen_weight_gets_no_gradient():
    norm = LlamaRMSNorm(16).requires_grad_(False)
    norms.use(norm)
    assert passed(norm, torch.randn(4, 16), torch.randn(4, 16), True)[2] is None


@pytest.mark.parametrize("norm", [Gemma2RMSNorm(16), LlamaRMSNorm(16).bfloat16(), nn.LayerNorm(16)])
def test_others_stay(norm):
    before = type(norm)
    norms.use(norm)
    assert type(norm) is before


def test_another_machine_keeps_its_norms(monkeypatch):
    monkeypatch.setattr(norms, "fast", lambda device: False)
    norm = LlamaRMSNorm(16)
    norms.use(norm)
    assert type(norm) is LlamaRMSNorm


def test_a_model_is_copied_and_saved_as_before(tmp_path, monkeypatch):
    import copy

    monkeypatch.setattr(attention, "fast", lambda device: True)
    model = AutoModelForCausalLM.from_pretrained(architectures.start("qwen3", tmp_path / "start"))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    norms.use(model)
    norms.use(model)  # twice is once
    other = copy.deepcopy(model)
    other.model.norm.weight.data.fill_(2)
    assert not torch.equal(other.model.norm.weight, model.model.norm.weight)
    model.save_pretrained(tmp_path / "saved")
    after = AutoModelForCausalLM.from_pretrained(tmp_path / "saved").state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_a_gpu_computes_is_the_same_norm(dtype):
    torch.manual_seed(0)
    norm = LlamaRMSNorm(16, eps=0.1)
    nn.init.uniform_(norm.weight, 0.5, 2)
    value = 3 * torch.randn(3, 7, 16).to(dtype)
    with torch.autocast("cpu", torch.bfloat16):
        ours = norms._fused(value, norm.weight, 0.1)
    assert ours.dtype == torch.float32
    exact = norm.double()(value.double())
    assert torch.allclose(ours.double(), exact, rtol=1e-5, atol=1e-5)
