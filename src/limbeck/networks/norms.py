"""Root mean square norms under bfloat16 autocast, in half the passes over memory or fewer.

Autocast leaves norms in float32, where autograd differentiates them operation by operation. On a GPU torch
has a kernel for each direction; on a CPU this is their gradient in closed form. Zhang and Sennrich 2019
(arXiv 1910.07467), eq. 4.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from limbeck.networks.attention import fast


def use(model: Any) -> None:
    """Let those norms of a model that compute ``weight · x / rms(x)`` compute it so under autocast."""
    for module in model.modules():
        kind: Any = type(module)
        if kind.__name__.endswith("RMSNorm") and _is_plain(kind, module):
            module.__class__ = _quick(kind)


def _is_plain(kind: type[nn.Module], module: Any) -> bool:
    """Whether a norm gives just that: Gemma's adds 1 to its weight, others have a gate or no weight."""
    weight, epsilon = getattr(module, "weight", None), getattr(module, "variance_epsilon", None)
    if issubclass(kind, _Quick) or not isinstance(epsilon, float) or not isinstance(weight, nn.Parameter):
        return False
    where = weight.device.type
    if not (where == "cuda" or (where == "cpu" and fast(where))):
        return False
    if weight.dtype != torch.float32 or weight.dim() != 1:
        return False
    values = torch.linspace(-1, 2, 3 * len(weight), device=weight.device).view(3, -1)
    with torch.no_grad():
        try:
            theirs = module(values)
        except (TypeError, RuntimeError):
            return False
        ours = (_fused if where == "cuda" else _normed)(values, weight, epsilon)
    return isinstance(theirs, Tensor) and torch.allclose(theirs, ours, rtol=1e-5, atol=1e-6)


class _Quick(nn.Module):
    """Of a class that has a sibling's forward pass but under autocast."""

    weight: nn.Parameter
    variance_epsilon: float

    def forward(self, hidden_states: Tensor) -> Tensor:
        where = hidden_states.device.type
        if where in ("cpu", "cuda") and torch.is_autocast_enabled(where):
            kernel = _fused if where == "cuda" else _normed
            return kernel(hidden_states, self.weight, self.variance_epsilon)
        usual: Tensor = super().forward(hidden_states)
        return usual


@lru_cache
def _quick(kind: type[nn.Module]) -> type[nn.Module]:
    return type(kind.__name__, (_Quick, kind), {})


def _fused(value: Tensor, weight_D: Tensor, epsilon: float) -> Tensor:
    with torch.autocast(value.device.type, enabled=False):
        return nn.functional.rms_norm(value.float(), weight_D.shape, weight_D, epsilon)


def _normed(value: Tensor, weight_D: Tensor, epsilon: float) -> Tensor:
    out: Tensor = _Norm.apply(value, weight_D, epsilon)  # type: ignore[no-untyped-call]
    return out


class _Norm(torch.autograd.Function):
    """``weight · x / rms(x)`` over the last axis, in float32."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, weight_D: Tensor, epsilon: float) -> Tensor:
        wide = value.float()
        scale = torch.linalg.vector_norm(wide, dim=-1, keepdim=True).square_().div_(len(weight_D))
        scale.add_(epsilon).rsqrt_()
        ctx.save_for_backward(value, scale, weight_D)
        out: Tensor = (wide * scale).mul_(weight_D)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        value, scale, weight_D = ctx.saved_tensors
        grad = grads[0].contiguous()  # of a head's norm it comes transposed
        normed = value * scale
        d_weight_ND = (grad * normed).view(-1, len(weight_D))
        along = torch.mv(d_weight_ND, weight_D).view(scale.shape).div_(len(weight_D))
        d_value = torch.addcmul(grad * weight_D, normed, along, value=-1).mul_(scale)
        return d_value.to(value.dtype), d_weight_ND.sum(0) if ctx.needs_input_grad[1] else None, None
