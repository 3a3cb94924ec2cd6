"""Token log-probabilities of the trained tokens, without ever holding the [tokens, vocabulary] matrix."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from limbeck.training.batch import Batch

CHUNK = 2**24
"""Logits held at a time: 64 MB in float32, 110 tokens of a 151,936-word vocabulary."""
LOGIT_CHANGES = ("final_logit_softcapping", "logit_scale", "logits_scaling", "lm_head_multiplier")
"""Names under which configurations say that logits are not just ``hidden @ weight``."""


@dataclass(frozen=True)
class Policy:
    """What the student says of a batch, in nats. Sums and means are over a row's completion tokens."""

    logp_N: Tensor
    row_N: Tensor
    logp_B: Tensor
    count_B: Tensor
    mean_B: Tensor

    @classmethod
    def of(cls, logp_N: Tensor, batch: Batch) -> Policy:
        """Row sums and means from flat token log-probabilities."""
        logp_B = logp_N.new_zeros(len(batch.ids)).index_add(0, batch.row_N, logp_N)
        return cls(logp_N, batch.row_N, logp_B, batch.count_B, logp_B / batch.count_B)


def _logits(hidden_ND: Tensor, weight_VD: Tensor, bias_V: Tensor | None) -> Tensor:
    """Logits in at least float32, whatever the operands are in."""
    logits_NV = nn.functional.linear(hidden_ND, weight_VD, bias_V)
    return logits_NV.float() if logits_NV.dtype in (torch.bfloat16, torch.float16) else logits_NV


class _ChunkedLogp(torch.autograd.Function):
    """``log softmax(hidden @ weight.T + bias)[target]``, chunk by chunk; the backward pass computes logits anew."""

    @staticmethod
    def forward(
        ctx: Any, hidden_ND: Tensor, weight_VD: Tensor, bias_V: Tensor | None, target_N: Tensor, chunk: int
    ) -> Tensor:
        parts, normalisers = [], []
        for hidden, target in zip(hidden_ND.split(chunk), target_N.split(chunk), strict=True):
            logits = _logits(hidden, weight_VD, bias_V)
            normaliser = logits.logsumexp(-1)
            parts.append(logits.gather(-1, target[:, None])[:, 0] - normaliser)
            normalisers.append(normaliser)
        ctx.save_for_backward(hidden_ND, weight_VD, bias_V, target_N, torch.cat(normalisers))
        ctx.chunk = chunk
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        hidden_ND, weight_VD, bias_V, target_N, normaliser_N = ctx.saved_tensors
        (grad_N,), chunk = grads, ctx.chunk
        want_hidden, want_weight, want_bias = ctx.needs_input_grad[:3]
        d_hidden = torch.empty_like(hidden_ND) if want_hidden else None
        # Sums over many chunks are kept in float32 even where the operands are not.
        d_weight = torch.zeros_like(weight_VD, dtype=normaliser_N.dtype) if want_weight else None
        d_bias = torch.zeros_like(bias_V, dtype=normaliser_N.dtype) if want_bias else None
        for start in range(0, len(target_N), chunk):
            part = slice(start, start + chunk)
            grad = grad_N[part, None].to(normaliser_N.dtype)
            # d logp / d logits = onehot(target) - softmax, built in the one buffer there is.
            d_logits = _logits(hidden_ND[part], weight_VD, bias_V).sub_(normaliser_N[part, None]).exp_().mul_(-grad)
            d_logits.scatter_add_(-1, target_N[part, None], grad)
            if d_bias is not None:
                d_bias += d_logits.sum(0)
            d_logits = d_logits.to(weight_VD.dtype)
            if d_hidden is not None:
                torch.mm(d_logits, weight_VD, out=d_hidden[part])
            if d_weight is not None:
                if d_weight.dtype == d_logits.dtype:
                    d_weight.addmm_(d_logits.T, hidden_ND[part])
                else:
                    d_weight += d_logits.T @ hidden_ND[part]
        return (
            d_hidden,
            None if d_weight is None else d_weight.to(weight_VD.dtype),
            None if d_bias is None else d_bias.to(weight_VD.dtype),
            None,
            None,
        )


def token_logp(
    hidden_ND: Tensor, weight_VD: Tensor, bias_V: Tensor | None, target_N: Tensor, budget: int = CHUNK
) -> Tensor:
    """Log-probability of each target token under the output head, ``logp_N`` in nats, at least float32.

    Args:
        hidden_ND: last hidden states at the positions that predict.
        weight_VD: the head, ``[vocabulary, width]``; ``bias_V`` its bias or None.
        budget: logits in memory at a time. What fits is computed at once and kept, which spares computing it twice.
    """
    chunk = max(1, budget // weight_VD.shape[0])
    if len(target_N) <= chunk:
        return -nn.functional.cross_entropy(_logits(hidden_ND, weight_VD, bias_V), target_N, reduction="none")
    return _ChunkedLogp.apply(hidden_ND, weight_VD, bias_V, target_N, chunk)


class TokenLogp(nn.Module):
    """A causal language model as a function from token ids to the log-probabilities of chosen tokens.

    Rows are padded on the right and attention is causal, so no trained token can see padding and no mask is needed.

    Args:
        model: from `transformers`, possibly wrapped by `peft`.
        dtype: autocast to it (bfloat16), or None for the weights' own precision.
    """

    def __init__(self, model: Any, dtype: torch.dtype | None = None) -> None:
        super().__init__()
        self.model = model
        self.dtype = dtype
        self.plain_head = _is_plain(model)

    def forward(self, ids_BT: Tensor, index_N: Tensor, target_N: Tensor) -> Tensor:
        """``logp_N`` of ``target_N``; ``index_N`` are flat positions in ``ids_BT`` of the tokens that predict them."""
        device = ids_BT.device.type
        with torch.autocast(device, self.dtype) if self.dtype else nullcontext():
            if not self.plain_head:
                logits_BTV = self.model(input_ids=ids_BT, use_cache=False).logits
                logits_NV = logits_BTV.flatten(0, 1).index_select(0, index_N).float()
                return -nn.functional.cross_entropy(logits_NV, target_N, reduction="none")
            body, head = _parts(self.model)
            hidden_BTD = body(input_ids=ids_BT, use_cache=False).last_hidden_state
            hidden_ND = hidden_BTD.flatten(0, 1).index_select(0, index_N)
            weight, bias = head.weight, head.bias
        if self.dtype:
            # Autocast does not reach into a custom backward pass, so its operands are cast here, once.
            hidden_ND, weight = hidden_ND.to(self.dtype), weight.to(self.dtype)
            bias = bias if bias is None else bias.to(self.dtype)
        return token_logp(hidden_ND, weight, bias, target_N)


def _parts(model: Any) -> tuple[nn.Module, Any]:
    """A model's body and its output head, also through `peft`, whose adapters sit inside the body."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return inner.base_model, inner.get_output_embeddings()


def _is_plain(model: Any) -> bool:
    """Whether logits are just head(hidden): no soft cap, no scale, no adapter on the head, body and head told apart."""
    body, head = _parts(model)
    if any(getattr(model.config, name, None) not in (None, 1, 1.0) for name in LOGIT_CHANGES):
        return False
    if type(head) is not nn.Linear or body is model:
        return False
    device = head.weight.device
    ids = torch.arange(4, device=device)[None] % head.weight.shape[0]
    was_training = model.training
    model.eval()
    with torch.no_grad():
        # A model may change its logits under a name not known here, so the two ways are compared once.
        own = model(input_ids=ids, use_cache=False).logits.float()
        ours = head(body(input_ids=ids, use_cache=False).last_hidden_state).float()
    model.train(was_training)
    return own.shape == ours.shape and torch.allclose(own, ours, rtol=1e-5, atol=1e-6)
