"""The student (or a teacher) as a function from token ids to next-token distributions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from limbeck.networks import attention, norms, ways
from limbeck.networks.logp import CHUNK, Head, map_logits, target_logp, token_logp
from limbeck.networks.moments import Moments, OfMoments, map_moments

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.events import Events

LOGIT_CHANGES = ("final_logit_softcapping", "logit_scale", "logits_scaling", "lm_head_multiplier")
"""Names under which configurations say that logits are not just ``hidden @ weight``."""

Layers = tuple[Tensor, ...]
OfSome = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Sizes:
    """What an objective's own learned parts may depend on."""

    layers: int
    width: int
    vocab: int

    @classmethod
    def of(cls, model: Any) -> Sizes:
        config = model.config.get_text_config()
        return cls(config.num_hidden_layers, config.hidden_size, config.vocab_size)


class Policy:
    """What the student says of a batch, in nats; computed when asked for. Sums are weighted by the tokens'
    weights.

    Args:
        logp_N: log-probabilities that are known already, in place of a head.
        layers: hidden states ``[B, T, D]``, the embeddings first.
        extra: the objective's own learned parts.
    """

    def __init__(
        self,
        batch: Batch,
        head: Head | None = None,
        logp_N: Tensor | None = None,
        layers: Layers = (),
        extra: nn.Module | None = None,
    ) -> None:
        self.batch, self.head, self.known, self.layers, self.extra = batch, head, logp_N, layers, extra
        self.row_N, self.count_B = batch.row_N, batch.count_B
        self.spans_N2 = batch.columns.get("spans")

    @classmethod
    def of(cls, logp_N: Tensor, batch: Batch) -> Policy:
        """From log-probabilities alone."""
        return cls(batch, logp_N=logp_N)

    @cached_property
    def logp_N(self) -> Tensor:
        """Log-probability of each trained token."""
        if self.known is not None:
            return self.known
        assert self.head is not None, "a policy has a head or log-probabilities"
        return token_logp(self.head, self.batch.target_N)

    @cached_property
    def sampled_logp_N(self) -> Tensor:
        """The same at the temperature at which each row was sampled, the value ``temperature`` of a rollout:
        what is to be compared with the log-probabilities of its sampling. `logp_N` where there is none."""
        temperature_B = self.batch.values.get("temperature")
        if temperature_B is None or self.head is None:
            return self.logp_N
        target_N, temperature_N = self.batch.target_N, temperature_B[self.row_N]

        def logp(logits_CV: Tensor, part: slice) -> Tensor:
            softened_CV = logits_CV / temperature_N[part, None].to(logits_CV.dtype)
            return softened_CV.log_softmax(-1).gather(-1, target_N[part, None])[:, 0]

        return map_logits(self.head, logp)

    @cached_property
    def logp_B(self) -> Tensor:
        """Weighted sum over each row's completion."""
        weighted = self.logp_N * self.batch.token_weight_N.to(self.logp_N.dtype)
        return weighted.new_zeros(len(self.batch.ids)).index_add(0, self.row_N, weighted)

    @cached_property
    def mean_B(self) -> Tensor:
        """Weighted mean over each row's completion; 0 for a row whose tokens all weigh nothing."""
        return self.per_token(self.logp_B)

    def per_token(self, sum_B: Tensor) -> Tensor:
        """A row's sum over its completion as a weighted mean."""
        return sum_B / torch.where(self.count_B > 0, self.count_B, torch.ones_like(self.count_B))

    def against(self, teacher: Any, function: Callable[[Events], Tensor], temperature: float = 1.0) -> Tensor:
        """A number per token from the student's and a teacher's distribution over the same events.

        Args:
            teacher: ``signal.teacher``.
            function: of `limbeck.objectives.ops.Events`, for some of the tokens at a time.
            temperature: both are softened by it.
        """
        assert self.head is not None, "distributions need a head"
        target_N = self.batch.target_N
        return map_logits(
            self.head,
            lambda logits, part: function(teacher.events(logits, target_N[part], part, temperature)),
        )

    def of_some(self, index_S: Tensor, function: OfSome, other: int = 0, budget: int = CHUNK // 8) -> Tensor:
        """``function(logits_SV, places_S)`` of some tokens, each named once: a number for each of them.

        Where tokens are many, `logp_N` of all of them comes with it: one pass over chunks makes one set of
        logits and one gradient of the head's matrix, which is as large as the matrix.

        Args:
            function: of the logits of some of the tokens and of their places in ``index_S``.
            other: size of another vocabulary whose logits it holds too.
            budget: logits of the larger vocabulary in memory at a time.
        """
        assert self.head is not None, "distributions need a head"
        budget = budget * self.head.vocabulary // max(self.head.vocabulary, other)
        if self.head.fits(budget):
            return function(self.head.logits(index_S), torch.arange(len(index_S), device=index_S.device))
        place_N = torch.full_like(self.batch.target_N, -1)
        place_N[index_S] = torch.arange(len(index_S), device=index_S.device)

        def both(logits_CV: Tensor, part: slice) -> Tensor:
            asked = (place_N[part] >= 0).nonzero()[:, 0]
            # Most often all are asked about, which spares a copy.
            chosen = logits_CV if len(asked) == len(logits_CV) else logits_CV[asked]
            values = function(chosen, place_N[part][asked])
            values_C = logits_CV.new_zeros(len(logits_CV)).index_add(0, asked, values.to(logits_CV.dtype))
            return self._beside_logp(values_C, logits_CV, part)

        values_N, self.logp_N = map_logits(self.head, both, budget).unbind(1)
        return values_N[index_S]

    def of_moments(self, function: OfMoments, budget: int = CHUNK // 8) -> Tensor:
        """``function(logits_CV, part, moments)`` of every token: a number for each, from its logits and from
        the moments of each word's logits over all tokens. Where these are many, `logp_N` comes with it."""
        assert self.head is not None, "distributions need a head"
        if self.head.fits(budget):
            return map_moments(self.head, function, budget)

        def both(logits_CV: Tensor, part: slice, over: Moments) -> Tensor:
            return self._beside_logp(function(logits_CV, part, over), logits_CV, part)

        values_N, self.logp_N = map_moments(self.head, both, budget).unbind(1)
        return values_N

    def _beside_logp(self, values_C: Tensor, logits_CV: Tensor, part: slice) -> Tensor:
        return torch.stack([values_C, target_logp(logits_CV, self.batch.target_N[part])], 1)

    def log_probs(self, index_N: Tensor, temperature: float = 1.0) -> Tensor:
        """Whole distributions of some tokens, as log-probabilities ``[len, V]``."""
        return (self.logits(index_N) / temperature).log_softmax(-1)

    def logits(self, index_N: Tensor) -> Tensor:
        """Logits of some tokens, ``[len, V]``."""
        assert self.head is not None, "distributions need a head"
        return self.head.logits(index_N)

    def entropy_N(self) -> Tensor:
        """Entropy of the student's distribution at each token, without gradient."""
        assert self.head is not None, "distributions need a head"

        def entropy(logits_CV: Tensor, part: slice) -> Tensor:
            logp_CV = logits_CV.log_softmax(-1)
            return -(logp_CV.exp() * logp_CV).sum(-1)

        with torch.no_grad():
            return map_logits(self.head, entropy)


class Network(nn.Module):
    """A causal language model that stops before its head, which is applied to the trained tokens alone.

    Rows are padded on the right and attention is causal, so no trained token can see padding and no mask is
    needed.

    Args:
        model: from `transformers`, possibly wrapped by `peft`.
        dtype: autocast to it (bfloat16), or None for the weights' own precision.
        layers: also give the hidden states of all layers.
        extra: the objective's own learned parts; here so that they are trained and exchanged with the rest.
    """

    def __init__(
        self,
        model: Any,
        dtype: torch.dtype | None = None,
        layers: bool = False,
        extra: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.model, self.dtype, self.layers, self.extra = model, dtype, layers, extra
        self.plain_head = _is_plain(model)
        # Why it attends as slowly as it comes, where it might do better.
        self.attention = ""
        if dtype == torch.bfloat16:
            self.attention = attention.use(model)
            norms.use(model)

    def forward(self, ids_BT: Tensor, index_N: Tensor) -> tuple[Tensor, Layers]:
        """Hidden states (or, of a head that is not plain, logits) at flat positions ``index_N``, and all
        layers'."""
        with torch.autocast(ids_BT.device.type, self.dtype) if self.dtype else nullcontext():
            asked = {"input_ids": ids_BT, "use_cache": False, "output_hidden_states": self.layers}
            if not self.plain_head:
                output = self.model(**asked)
                last_BTD = output.logits
            else:
                output = _parts(self.model)[0](**asked)
                last_BTD = output.last_hidden_state
        return last_BTD.flatten(0, 1).index_select(0, index_N), tuple(output.hidden_states or ())

    def attentions(self, ids_BT: Tensor) -> Tensor:
        """Attention of each position to each, ``[layers, B, heads, T, T]``."""
        body = _parts(self.model)[0]
        usual = body.config._attn_implementation
        body.set_attn_implementation("eager")  # the others never form the matrix
        try:
            output = body(input_ids=ids_BT, use_cache=False, output_attentions=True)
        finally:
            body.set_attn_implementation(usual)
        return torch.stack(output.attentions)

    def head(self, hidden_ND: Tensor) -> Head:
        """What ``forward`` gave, as distributions."""
        if not self.plain_head:
            return Head(hidden_ND)
        head = _parts(self.model)[1]
        if self.dtype is None:
            return Head(hidden_ND, head.weight, head.bias)
        # Autocast does not reach into a custom backward pass, so its operands are cast here, once.
        bias = head.bias if head.bias is None else head.bias.to(self.dtype)
        return Head(hidden_ND.to(self.dtype), head.weight.to(self.dtype), bias)


def run(module: Any, plain: Network, batch: Batch) -> Policy:
    """A batch through a network; ``module`` is ``plain`` or what `accelerate` has wrapped around it.

    A network with a way of its own reads it so; the policy's ``batch`` is then what objectives are given.
    """
    way = ways.way_of(plain.model)
    return plainly(module, plain, batch) if way is None else way.policy(module, plain, batch)


def plainly(module: Any, plain: Network, batch: Batch) -> Policy:
    """The same as any causal language model reads it."""
    hidden_ND, layers = module(batch.ids_BT, batch.index_N)
    return Policy(batch, plain.head(hidden_ND), layers=layers, extra=plain.extra)


def _parts(model: Any) -> tuple[Any, Any]:
    """A model's body and its output head, also through `peft`, whose adapters sit inside the body."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return inner.base_model, inner.get_output_embeddings()


def _is_plain(model: Any) -> bool:
    """Whether logits are just head(hidden): no soft cap, no scale, no adapter on the head, body and head told
    apart."""
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
        whole = model(input_ids=ids, use_cache=False).logits.float()
        parts = head(body(input_ids=ids, use_cache=False).last_hidden_state).float()
    model.train(was_training)
    return whole.shape == parts.shape and torch.allclose(whole, parts, rtol=1e-5, atol=1e-6)
