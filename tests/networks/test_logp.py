"""Token log-probabilities in chunks equal those from whole logits, in value, gradient and for every kind of
head."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

from torch import nn  # noqa: E402

from limbeck.networks.logp import CHUNK, Head, map_logits, token_logp  # noqa: E402
from limbeck.networks.policy import Network  # noqa: E402


def inputs(n=23, d=8, v=50, dtype=torch.float64, bias=True):
    torch.manual_seed(0)
    hidden = torch.randn(n, d, dtype=dtype, requires_grad=True)
    weight = torch.randn(v, d, dtype=dtype, requires_grad=True)
    offset = torch.randn(v, dtype=dtype, requires_grad=True) if bias else None
    return hidden, weight, offset, torch.randint(0, v, (n,))


def naive(hidden, weight, bias, target):
    return nn.functional.linear(hidden, weight, bias).log_softmax(-1).gather(-1, target[:, None])[:, 0]


@pytest.mark.parametrize("budget", [1, 50, 250, 50 * 22, 50 * 23, 10**6])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
@pytest.mark.parametrize("bias", [True, False])
def test_chunked_equals_naive_in_value_and_gradient(budget, dtype, tolerance, bias):
    arguments = inputs(dtype=dtype, bias=bias)
    upstream = torch.randn(23, dtype=dtype)
    results = []
    for function in (
        lambda: token_logp(Head(*arguments[:3]), arguments[3], budget=budget),
        lambda: naive(*arguments),
    ):
        value = function()
        leaves = [leaf for leaf in arguments[:3] if leaf is not None]
        results.append([value, *torch.autograd.grad((value * upstream).sum(), leaves)])
    for ours, theirs in zip(*results, strict=True):
        assert torch.allclose(ours, theirs, rtol=0, atol=tolerance * 10 if ours.dim() > 1 else tolerance)


def test_gradcheck_of_the_custom_backward():
    hidden, weight, bias, target = inputs(n=5, d=3, v=7)
    assert torch.autograd.gradcheck(
        lambda h, w, b: token_logp(Head(h, w, b), target, budget=14), (hidden, weight, bias)
    )  # two tokens at a time


def test_a_frozen_head_gets_no_gradient():
    hidden, weight, _, target = inputs(bias=False)
    weight.requires_grad_(False)
    token_logp(Head(hidden, weight), target, budget=100).sum().backward()
    assert weight.grad is None
    assert hidden.grad is not None


def test_bfloat16_operands_give_float32_values_near_the_exact_ones():
    hidden, weight, _, target = inputs(dtype=torch.float32, bias=False)
    low = token_logp(Head(hidden.bfloat16(), weight.bfloat16()), target, budget=100)
    assert low.dtype == torch.float32
    assert torch.allclose(low, naive(hidden, weight, None, target), atol=0.15)


def test_memory_is_bounded_by_the_budget(monkeypatch):
    """No tensor of tokens × vocabulary is ever made, forward or backward."""
    from torch.utils._python_dispatch import TorchDispatchMode

    largest = [0]

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            out = function(*args, **(kwargs or {}))
            for tensor in out if isinstance(out, tuple | list) else [out]:
                if isinstance(tensor, torch.Tensor):
                    largest[0] = max(largest[0], tensor.numel())
            return out

    hidden, weight, _, target = inputs(n=200, d=8, v=1000, dtype=torch.float32, bias=False)
    with Watch():
        token_logp(Head(hidden, weight), target, budget=10_000).sum().backward()
    assert largest[0] == 10_000


@pytest.mark.parametrize("budget", [1, 250, 50 * 22, 10**6])
@pytest.mark.parametrize("bias", [True, False])
def test_a_mapped_divergence_is_the_same_in_chunks_as_whole(budget, bias):
    hidden, weight, head_bias, _ = inputs(bias=bias)
    teacher_NV = torch.randn(23, 50, dtype=torch.float64).log_softmax(-1)
    upstream = torch.randn(23, dtype=torch.float64)

    def reverse(logits_CV, part):
        logq_CV = logits_CV.log_softmax(-1)
        return (logq_CV.exp() * (logq_CV - teacher_NV[part])).sum(-1)

    head = Head(hidden, weight, head_bias)
    leaves = [leaf for leaf in (hidden, weight, head_bias) if leaf is not None]
    whole = reverse(nn.functional.linear(hidden, weight, head_bias), slice(0, 23))
    ours = map_logits(head, reverse, budget)
    assert torch.allclose(ours, whole, rtol=0, atol=1e-12)
    for a, b in zip(
        torch.autograd.grad((ours * upstream).sum(), leaves),
        torch.autograd.grad((whole * upstream).sum(), leaves),
        strict=True,
    ):
        assert torch.allclose(a, b, rtol=0, atol=1e-10)


def tiny(arch="qwen3", **more):
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(
        arch, vocab_size=32, hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, head_dim=8, **more,
    )  # fmt: skip
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config)


def logp(network, ids_BT, index_N, target_N):
    """Log-probabilities of some tokens."""
    return token_logp(network.head(network(ids_BT, index_N)[0]), target_N)


@pytest.mark.parametrize(
    ("arch", "more", "plain"),
    [
        ("qwen3", {}, True),
        ("llama", {"tie_word_embeddings": True}, True),
        ("gemma2", {"final_logit_softcapping": 1.0}, False),
        ("granite", {"logits_scaling": 4.0}, False),
        ("cohere", {"logit_scale": 0.25}, False),
    ],
)
def test_every_kind_of_head_gives_the_models_own_log_probabilities(arch, more, plain):
    model = tiny(arch, **more)
    module = Network(model)
    assert module.plain_head is plain
    ids_BT = torch.randint(0, 32, (3, 9))
    index_N = torch.tensor([2, 3, 12, 20])
    target_N = torch.tensor([1, 5, 9, 30])
    logits_NV = model(input_ids=ids_BT).logits.flatten(0, 1)[index_N]
    expected = logits_NV.float().log_softmax(-1)[torch.arange(4), target_N]
    assert torch.allclose(logp(module, ids_BT, index_N, target_N), expected, atol=1e-5)


def test_padding_changes_nothing():
    module = Network(tiny()).eval()
    ids_BT = torch.randint(0, 32, (1, 6))
    padded = torch.cat([ids_BT, torch.full((1, 5), 3)], 1)
    index_N, target_N = torch.tensor([2, 3, 4]), ids_BT[0, 3:]
    assert torch.allclose(
        logp(module, ids_BT, index_N, target_N), logp(module, padded, index_N, target_N), atol=1e-6
    )


def test_elsewhere_than_on_a_cpu_more_tokens_are_held_at_a_time():
    """A CPU's budget of 110 tokens of 152 k words leaves a GPU idle; a GPU's is still no whole step."""
    weight_VD = torch.empty(151_936, 8, device="meta")
    there, here = (Head(torch.empty(16_384, 8, device=device), weight_VD) for device in ("meta", "cpu"))
    assert here.at_once(CHUNK) == 110
    assert here.at_once(CHUNK) < there.at_once(CHUNK) < 16_384 / 8
    assert not there.fits(CHUNK)
    assert here.at_once(1) == 1
