"""Functions of next-token distributions, without ever holding the [tokens, vocabulary] matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

CHUNK = 2**24
"""Logits held at a time: 64 MB in float32, 110 tokens of a 151,936-word vocabulary."""

ELSEWHERE = 16
"""So many times as many where the device is no CPU: a product of 110 tokens waits for the matrix there, and
each chunk adds to a gradient as large as that matrix."""

OfLogits = Callable[[Tensor, slice], Tensor]
"""``(logits_CV, part)`` of some tokens, which ``part`` tells among all: a number, or several, for each of
them."""


@dataclass(frozen=True)
class Head:
    """Next-token distributions at N positions: hidden states and the matrix that turns them into logits.

    Without a matrix, ``hidden_ND`` are the logits themselves (or log-probabilities, which are logits too).
    """

    hidden_ND: Tensor
    weight_VD: Tensor | None = None
    bias_V: Tensor | None = None

    @property
    def vocabulary(self) -> int:
        return self.hidden_ND.shape[-1] if self.weight_VD is None else self.weight_VD.shape[0]

    def at_once(self, budget: int) -> int:
        """Tokens whose logits are held at a time, of a budget that is a CPU's."""
        room = budget if self.hidden_ND.device.type == "cpu" else budget * ELSEWHERE
        return max(1, room // self.vocabulary)

    def fits(self, budget: int) -> bool:
        """Whether all logits are held at once, for they are few or are what there is."""
        return self.weight_VD is None or len(self.hidden_ND) <= self.at_once(budget)

    def logits(self, part: slice | Tensor) -> Tensor:
        """Logits of some positions, in at least float32."""
        if self.weight_VD is None:
            return _wide(self.hidden_ND[part])
        return _logits(self.hidden_ND[part], self.weight_VD, self.bias_V)


def _wide(values: Tensor) -> Tensor:
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values


def _logits(hidden_ND: Tensor, weight_VD: Tensor, bias_V: Tensor | None) -> Tensor:
    """Logits in at least float32, whatever the operands are in."""
    return _wide(nn.functional.linear(hidden_ND, weight_VD, bias_V))


class Gradients:
    """Sums of a head's gradients over chunks, those of many tokens kept in float32 even where operands are
    not."""

    def __init__(
        self, hidden_ND: Tensor, weight_VD: Tensor, bias_V: Tensor | None, wanted: tuple[bool, ...]
    ) -> None:
        self.hidden_ND, self.weight_VD, self.bias_V = hidden_ND, weight_VD, bias_V
        wide = _wide(weight_VD[:0]).dtype
        self.d_hidden = torch.empty_like(hidden_ND) if wanted[0] else None
        self.d_weight = torch.zeros_like(weight_VD, dtype=wide) if wanted[1] else None
        self.d_bias = torch.zeros_like(bias_V, dtype=wide) if wanted[2] and bias_V is not None else None

    def add(self, part: slice, d_logits: Tensor) -> None:
        """Count in the gradient with respect to the logits of some tokens."""
        if self.d_bias is not None:
            self.d_bias += d_logits.sum(0)
        d_logits = d_logits.to(self.weight_VD.dtype)
        if self.d_hidden is not None:
            torch.mm(d_logits, self.weight_VD, out=self.d_hidden[part])
        if self.d_weight is not None:
            if self.d_weight.dtype == d_logits.dtype:
                self.d_weight.addmm_(d_logits.T, self.hidden_ND[part])
            else:
                self.d_weight += d_logits.T @ self.hidden_ND[part]

    def done(self) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """In the operands' own types."""
        d_weight = None if self.d_weight is None else self.d_weight.to(self.weight_VD.dtype)
        d_bias = None if self.d_bias is None else self.d_bias.to(self.weight_VD.dtype)
        return self.d_hidden, d_weight, d_bias


class _ChunkedLogp(torch.autograd.Function):
    """``log softmax(hidden @ weight.T + bias)[target]``, chunk by chunk; the backward pass computes logits
    anew."""

    @staticmethod
    def forward(
        ctx: Any, hidden_ND: Tensor, weight_VD: Tensor, bias_V: Tensor | None, target_N: Tensor, chunk: int
    ) -> Tensor:
        # One array for all results: small ones kept from every chunk each leave a hole of a chunk's size on
        # the heap.
        logp_N, normaliser_N = (_wide(hidden_ND[:0]).new_empty(len(target_N)) for _ in range(2))
        for start in range(0, len(target_N), chunk):
            part = slice(start, start + chunk)
            logits = _logits(hidden_ND[part], weight_VD, bias_V)
            normaliser_N[part] = logits.logsumexp(-1)
            logp_N[part] = logits.gather(-1, target_N[part, None])[:, 0] - normaliser_N[part]
        ctx.save_for_backward(hidden_ND, weight_VD, bias_V, target_N, normaliser_N)
        ctx.chunk = chunk
        return logp_N

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        hidden_ND, weight_VD, bias_V, target_N, normaliser_N = ctx.saved_tensors
        (grad_N,), chunk = grads, ctx.chunk
        gradients = Gradients(hidden_ND, weight_VD, bias_V, ctx.needs_input_grad[:3])
        for start in range(0, len(target_N), chunk):
            part = slice(start, start + chunk)
            grad = grad_N[part, None].to(normaliser_N.dtype)
            # d logp / d logits = onehot(target) - softmax, built in the one buffer there is.
            d_logits = (
                _logits(hidden_ND[part], weight_VD, bias_V).sub_(normaliser_N[part, None]).exp_().mul_(-grad)
            )
            d_logits.scatter_add_(-1, target_N[part, None], grad)
            gradients.add(part, d_logits)
        return (*gradients.done(), None, None)


def target_logp(logits_CV: Tensor, target_C: Tensor) -> Tensor:
    """Log-probability of each target token, from logits that are held."""
    return -nn.functional.cross_entropy(logits_CV, target_C, reduction="none")


def token_logp(head: Head, target_N: Tensor, budget: int = CHUNK) -> Tensor:
    """Log-probability of each target token, ``logp_N`` in nats, at least float32.

    Args:
        head: distributions at the positions that predict.
        budget: logits in memory at a time. What fits is computed at once and kept, which spares computing it
            twice.
    """
    if head.fits(budget):
        return target_logp(head.logits(slice(None)), target_N)
    chunk = head.at_once(budget)
    logp_N: Tensor = _ChunkedLogp.apply(  # type: ignore[no-untyped-call]
        head.hidden_ND, head.weight_VD, head.bias_V, target_N, chunk
    )
    return logp_N


class _ChunkedMap(torch.autograd.Function):
    """``function(logits, part)`` chunk by chunk; the backward pass computes logits and function anew."""

    @staticmethod
    def forward(
        ctx: Any, hidden_ND: Tensor, weight_VD: Tensor, bias_V: Tensor | None, function: OfLogits, chunk: int
    ) -> Tensor:
        parts = [slice(start, start + chunk) for start in range(0, len(hidden_ND), chunk)]
        ctx.save_for_backward(hidden_ND, weight_VD, bias_V)
        ctx.function, ctx.parts = function, parts
        values = function(_logits(hidden_ND[parts[0]], weight_VD, bias_V), parts[0])
        values_N = values.new_empty(len(hidden_ND), *values.shape[1:])
        values_N[parts[0]] = values
        for part in parts[1:]:
            values_N[part] = function(_logits(hidden_ND[part], weight_VD, bias_V), part)
        return values_N

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        hidden_ND, weight_VD, bias_V = ctx.saved_tensors
        gradients = Gradients(hidden_ND, weight_VD, bias_V, ctx.needs_input_grad[:3])
        for part in ctx.parts:
            logits = _logits(hidden_ND[part], weight_VD, bias_V).requires_grad_()
            with torch.enable_grad():
                values = ctx.function(logits, part)
            (d_logits,) = torch.autograd.grad(values, logits, grads[0][part].to(values.dtype))
            gradients.add(part, d_logits)
            del logits, values, d_logits  # before the next chunk is made, not after
        return (*gradients.done(), None, None)


def map_logits(head: Head, function: OfLogits, budget: int = CHUNK // 4) -> Tensor:
    """``function(logits_CV, part)`` of all positions, chunk by chunk where they are many.

    Args:
        function: differentiable, of one token at a time; what it holds besides the logits gets no gradient.
        budget: logits in memory at a time; a divergence needs several arrays of that size.
    """
    if head.fits(budget):
        whole = slice(0, len(head.hidden_ND))
        return function(head.logits(whole), whole)
    chunk = head.at_once(budget)
    values_N: Tensor = _ChunkedMap.apply(  # type: ignore[no-untyped-call]
        head.hidden_ND, head.weight_VD, head.bias_V, function, chunk
    )
    return values_N
