"""Functions of logits and of each word's mean and variance over all tokens, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from limbeck.networks.logp import CHUNK, Gradients, Head


class Moments(NamedTuple):
    """Of each word's logits over the tokens: their mean and their biased variance."""

    mean_V: Tensor
    var_V: Tensor

    @classmethod
    def of(cls, logits_NV: Tensor) -> Moments:
        """Of logits that are held."""
        var_V, mean_V = torch.var_mean(logits_NV, 0, correction=0)
        return cls(mean_V, var_V)

    def words(self, count: int) -> Moments:
        """Of the first words alone."""
        return Moments(self.mean_V[:count], self.var_V[:count])


OfMoments = Callable[[Tensor, slice, Moments], Tensor]
"""``(logits_CV, part, moments)`` of some tokens: a number, or several, for each of them."""


def moments(logits: Callable[[slice], Tensor], parts: Sequence[slice]) -> Moments:
    """Moments over all tokens from those over some at a time, put together as in Chan et al. (1983): no
    difference of large numbers is taken."""
    whole, seen = None, 0
    for part in parts:
        more = Moments.of(logits(part))
        seen += part.stop - part.start
        if whole is None:
            whole = more
            continue
        share = (part.stop - part.start) / seen
        apart_V = more.mean_V - whole.mean_V
        within_V = (1 - share) * whole.var_V + share * more.var_V
        whole = Moments(whole.mean_V + share * apart_V, within_V + share * (1 - share) * apart_V.square())
    assert whole is not None, "a batch has tokens"
    return whole


def parts_of(count: int, vocabulary: int, budget: int = CHUNK // 8) -> list[slice]:
    """All tokens, cut so that no part has more logits than ``budget``."""
    chunk = max(1, budget // vocabulary)
    return [slice(start, min(start + chunk, count)) for start in range(0, count, chunk)]


class _ChunkedMoments(torch.autograd.Function):
    """``function(logits, part, moments)`` chunk by chunk; the backward pass goes over the chunks twice.

    Every logit has a part in its word's moments, so what reaches these is summed over all tokens before any
    logit's gradient is known.
    """

    @staticmethod
    def forward(
        ctx: Any, hidden_ND: Tensor, weight_VD: Tensor, bias_V: Tensor | None, function: OfMoments,
        parts: Sequence[slice],
    ) -> Tensor:  # fmt: skip
        head = Head(hidden_ND, weight_VD, bias_V)
        over = moments(head.logits, parts)
        ctx.save_for_backward(hidden_ND, weight_VD, bias_V, *over)
        ctx.function, ctx.parts = function, parts
        values = function(head.logits(parts[0]), parts[0], over)
        values_N = values.new_empty(len(hidden_ND), *values.shape[1:])
        values_N[parts[0]] = values
        for part in parts[1:]:
            values_N[part] = function(head.logits(part), part, over)
        return values_N

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        hidden_ND, weight_VD, bias_V, *saved = ctx.saved_tensors
        head, function, count = Head(hidden_ND, weight_VD, bias_V), ctx.function, len(hidden_ND)
        over = Moments(*(each.detach().requires_grad_() for each in saved))
        d_mean, d_var = (torch.zeros_like(each) for each in over)
        for part in ctx.parts:
            with torch.enable_grad():
                values = function(head.logits(part).detach(), part, over)
            d_over = torch.autograd.grad(values, over, grads[0][part].to(values.dtype))
            d_mean += d_over[0] / count
            d_var += d_over[1] * (2 / count)
            del values, d_over  # before the next chunk is made, not after
        over = Moments(*saved)
        gradients = Gradients(hidden_ND, weight_VD, bias_V, ctx.needs_input_grad[:3])
        for part in ctx.parts:
            logits = head.logits(part).detach().requires_grad_()
            with torch.enable_grad():
                values = function(logits, part, over)
            (d_logits,) = torch.autograd.grad(values, logits, grads[0][part].to(values.dtype))
            centred = logits.detach().sub_(over.mean_V)
            gradients.add(part, d_logits.addcmul_(centred, d_var).add_(d_mean))
            del logits, values, centred, d_logits
        return (*gradients.done(), None, None)


def map_moments(head: Head, function: OfMoments, budget: int = CHUNK // 8) -> Tensor:
    """``function(logits_CV, part, moments)`` of all positions, whose moments carry gradient too.

    Args:
        function: differentiable, of one token at a time and the moments over all.
        budget: logits in memory at a time.
    """
    if head.fits(budget):
        logits_NV = head.logits(slice(None))
        return function(logits_NV, slice(0, len(logits_NV)), Moments.of(logits_NV))
    parts = parts_of(len(head.hidden_ND), head.vocabulary, head.at_once(budget) * head.vocabulary)
    values_N: Tensor = _ChunkedMoments.apply(  # type: ignore[no-untyped-call]
        head.hidden_ND, head.weight_VD, head.bias_V, function, parts
    )
    return values_N
