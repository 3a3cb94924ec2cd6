"""A decoder whose layers mix tokens by attention or by a linear recurrence: `limbeck_recurrent`.

A recurrent layer has the projections of the attention it stands for and keeps a state of one size, whatever
it has read. Such a model is one of `transformers`, under a name of its own: a folder of it does not open as
the attention model it was made of.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, softplus
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache, Qwen3Config
from transformers.masking_utils import create_causal_mask
from transformers.models.qwen3.modeling_qwen3 import (
    Qwen3ForCausalLM,
    Qwen3Model,
    Qwen3PreTrainedModel,
    Qwen3RMSNorm,
    apply_rotary_pos_emb,
)

from limbeck.networks.recurrence import chunked, mixing, step

if TYPE_CHECKING:
    from transformers import Cache

FULL, LINEAR = "full_attention", "linear_attention"
SLOWEST, FASTEST = 0.01, 0.5
"""Decays that heads begin with, evenly in their logarithm: they remember some 100 to 2 tokens."""


class RecurrentConfig(Qwen3Config):
    """Qwen3's settings, whose ``layer_types`` may be ``linear_attention``.

    Args:
        qk_norm: queries and keys are normed, as in Qwen3 and not in Llama.
        rotary: recurrent layers turn queries and keys by their position, as attention does.
        conv: tokens that a short convolution of a recurrent layer sees, 1 for none.
    """

    model_type = "limbeck_recurrent"
    qk_norm: bool = True
    rotary: bool = True
    conv: int = 4


class Mixer(nn.Module):
    """Queries, keys and values of attention in a recurrence ``S_t = exp(-a Δ_t) S_{t-1} + Δ_t k_t v_t'``.

    ``Δ_t = softplus(W x_t + b)`` and ``a`` are each head's own. Before that a depthwise causal convolution
    over queries, keys and values, which begins as none; beside it each value itself, weighted by ``d``.
    """

    def __init__(self, config: RecurrentConfig, layer_idx: int) -> None:
        super().__init__()
        self.layer_idx, self.heads, self.width = layer_idx, config.num_attention_heads, config.head_dim
        self.rotary, self.taps = config.rotary, config.conv
        size, inner, bias = config.hidden_size, self.heads * self.width, config.attention_bias
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(size, inner, bias=bias) for _ in range(3))
        self.o_proj = nn.Linear(inner, size, bias=bias)
        eps = config.rms_norm_eps
        self.q_norm: nn.Module = Qwen3RMSNorm(self.width, eps=eps) if config.qk_norm else nn.Identity()
        self.k_norm: nn.Module = Qwen3RMSNorm(self.width, eps=eps) if config.qk_norm else nn.Identity()
        self.conv = nn.Parameter(torch.empty(3 * inner, self.taps))
        self.dt_proj = nn.Linear(size, self.heads)
        self.log_a = nn.Parameter(torch.empty(self.heads))
        self.skip = nn.Parameter(torch.empty(self.heads))
        self.reset()

    @torch.no_grad()
    def reset(self) -> None:
        """As it begins: no convolution, no skip, decays from fast to slow."""
        nn.init.zeros_(self.conv)
        nn.init.ones_(self.conv[:, -1])
        nn.init.zeros_(self.log_a)
        nn.init.zeros_(self.skip)
        decays = torch.logspace(0, 1, self.heads, base=SLOWEST / FASTEST) * FASTEST
        nn.init.zeros_(self.dt_proj.weight)
        self.dt_proj.bias.copy_(decays.expm1().log())  # the inverse of softplus

    def forward(
        self,
        hidden_states: Tensor,
        position_embeddings: tuple[Tensor, Tensor],
        attention_mask: Tensor | None = None,
        past_key_values: Any = None,
        **_: Any,
    ) -> tuple[Tensor, None]:
        """``[B, T, D]`` to the same. ``attention_mask`` is ``[B, T']``, 0 at padding: no state feels it."""
        query, key, value, log_decay = self._parts(
            hidden_states, position_embeddings, attention_mask, past_key_values
        )
        state = (
            None if past_key_values is None else past_key_values.layers[self.layer_idx].recurrent_states[0]
        )
        if state is not None and query.shape[2] == 1:
            at = (slice(None), slice(None), 0)
            mixed_BHP, state = step(query[at], key[at], value[at], log_decay[at], state)
            mixed = mixed_BHP[:, :, None]
        else:
            mixed, state = chunked(query, key, value, log_decay, state)
        if past_key_values is not None:
            past_key_values.update_recurrent_state(state, self.layer_idx)
        mixed = mixed + self.skip[:, None, None] * value
        return self.o_proj(mixed.transpose(1, 2).flatten(2)), None

    def weights(self, hidden_BTD: Tensor, position_embeddings: tuple[Tensor, Tensor]) -> Tensor:
        """What each token takes of each earlier one's value, ``[B, H, T, T]``, as attention's weights are."""
        query, key, _, log_decay = self._parts(hidden_BTD, position_embeddings, None, None)
        alone = torch.eye(query.shape[2], dtype=query.dtype, device=query.device)
        return mixing(query, key, log_decay) + self.skip[:, None, None] * alone

    def _parts(
        self, hidden: Tensor, turns: tuple[Tensor, Tensor], mask: Tensor | None, past: Cache | None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Queries, keys (times their Δ) and values, ``[B, H, T, width]``, and log-decays, ``[B, H, T]``."""
        inner = torch.cat([self.q_proj(hidden), self.k_proj(hidden), self.v_proj(hidden)], -1)
        delta_BTH = softplus(self.dt_proj(hidden))
        if mask is not None:
            seen = mask[:, -hidden.shape[1] :, None].to(hidden.dtype)
            inner, delta_BTH = inner * seen, delta_BTH * seen
        inner = self._convolved(inner.transpose(1, 2), past).transpose(1, 2)
        parts = (each.unflatten(-1, (self.heads, self.width)) for each in inner.chunk(3, -1))
        query, key, value = (each.transpose(1, 2) for each in parts)
        query, key = self.q_norm(query), self.k_norm(key)
        if self.rotary:
            query, key = apply_rotary_pos_emb(query, key, *turns)
        delta_BHT = delta_BTH.transpose(1, 2)
        log_decay = -self.log_a.exp()[:, None] * delta_BHT
        return query * self.width**-0.5, key * delta_BHT[..., None], value, log_decay

    def _convolved(self, inner_BCT: Tensor, past: Cache | None) -> Tensor:
        """Each channel's last tokens, weighted."""
        length, before = inner_BCT.shape[-1], self.taps - 1
        if before and past is not None:
            inner_BCT = past.update_conv_state(inner_BCT, self.layer_idx, conv_kernel_size=before)
        inner_BCT = inner_BCT[..., -(length + before) :]
        inner_BCT = pad(inner_BCT, (length + before - inner_BCT.shape[-1], 0))
        # Sums of shifted copies: backward through a depthwise conv1d is slower on a CPU.
        shifted = (inner_BCT[..., tap : tap + length] * self.conv[:, tap, None] for tap in range(self.taps))
        return sum(shifted, torch.zeros((), dtype=inner_BCT.dtype, device=inner_BCT.device))


class RecurrentModel(Qwen3Model):
    """Qwen3's body with a `Mixer` in its linear layers."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config)
        for place, (layer, kind) in enumerate(zip(self.layers, config.layer_types or (), strict=True)):
            if kind == LINEAR:
                layer.self_attn = Mixer(config, place)
            elif not config.qk_norm:
                attention: Any = layer.self_attn
                attention.q_norm, attention.k_norm = nn.Identity(), nn.Identity()

    def _init_weights(self, module: nn.Module) -> None:
        _init(self, super()._init_weights, module)

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Any = None,
        inputs_embeds: Tensor | None = None,
        use_cache: bool | None = None,
        **more: Any,
    ) -> Any:
        """As Qwen3's, with a mask for either kind of layer."""
        embedded = self.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds
        use_cache = self.config.use_cache and not self.training if use_cache is None else use_cache
        if use_cache and past_key_values is None:
            past_key_values = DynamicCache(config=self.config)
        if position_ids is None:
            # A cache of linear layers alone does not know how much it has read.
            seen = getattr(past_key_values, "tokens_read", 0)
            position_ids = torch.arange(embedded.shape[1], device=embedded.device)[None] + seen
        if past_key_values is not None:
            past_key_values.tokens_read = getattr(past_key_values, "tokens_read", 0) + embedded.shape[1]
        masks: dict[str, Any] = {LINEAR: attention_mask}
        if FULL in (self.config.layer_types or ()):
            masks[FULL] = create_causal_mask(
                config=self.config, inputs_embeds=embedded, attention_mask=attention_mask,
                past_key_values=past_key_values, position_ids=position_ids,
            )  # fmt: skip
        return super().forward(
            inputs_embeds=embedded, attention_mask=masks, position_ids=position_ids,
            past_key_values=past_key_values, use_cache=use_cache, **more,
        )  # fmt: skip


class RecurrentForCausalLM(Qwen3ForCausalLM):
    """The model with its head."""

    config_class = RecurrentConfig

    def __init__(self, config: RecurrentConfig) -> None:
        Qwen3PreTrainedModel.__init__(self, config)
        self.model = RecurrentModel(config)
        self.vocab_size = config.vocab_size
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        _init(self, super()._init_weights, module)


def _init(_: Any, usual: Any, module: nn.Module) -> None:
    usual(module)
    if isinstance(module, Mixer):
        module.reset()


@cache
def register() -> None:
    """Let `transformers` open folders of this kind."""
    AutoConfig.register(RecurrentConfig.model_type, RecurrentConfig)
    AutoModelForCausalLM.register(RecurrentConfig, RecurrentForCausalLM)
