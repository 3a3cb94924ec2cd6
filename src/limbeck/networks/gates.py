"""Gates that guess, before a query is answered, which blocks of the past it will attend to.

Beside every layer's attention stands a gate for each of its heads of keys; the network itself is as it was
(SeerAttention-R, arXiv 2506.08889, section 3). ``G`` heads of keys are read by ``S`` heads of queries each;
``E`` is a gate's width, ``M`` counts blocks of positions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, rms_norm

from limbeck.errors import LimbeckError
from limbeck.networks.blocks import Blocks
from limbeck.networks.caching import taken
from limbeck.networks.policy import Policy
from limbeck.networks.ways import Way, way_of

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Network

PARTS = ("q_proj", "k_proj", "o_proj")
"""What an attention must have for its queries and keys to be computed again from the layer's input."""


class GatedPolicy(Policy):
    """A policy that knows what its gates guess. ``divergence_N`` is, token by token, how far they are from
    attention, in nats: KL(attention over blocks || gate), mean over heads, summed over layers."""

    divergence_N: Tensor


class Gates(Way):
    """The gates of all layers.

    A query's gate is linear in the queries of the heads that share a head of keys; a block's is linear in the
    largest, the smallest and the mean of its keys, number by number. Both are of unrotated states, are
    normalised, then rotated: the query by its position, the block by its first.

    Args:
        layers, heads, shared, width: of the network: layers, heads of keys, heads of queries to each, size
            of a head.
        size: E, an even number. block: positions in a block. theta: base of the gates' own rotation.
    """

    kind = "gates"

    def __init__(
        self, layers: int, heads: int, shared: int, width: int, size: int = 128, block: int = 64,
        theta: float = 10000.0, seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(
            layers=layers, heads=heads, shared=shared, width=width, size=size, block=block, theta=theta,
            seed=seed,
        )  # fmt: skip
        self.block, self.size, self.theta = block, size, theta
        draw = torch.Generator().manual_seed(seed)
        of_query, of_key = (layers, heads, shared, width, size), (layers, heads, 3 * width, size)
        self.query_LGSDE = nn.Parameter(torch.randn(of_query, generator=draw) * (shared * width) ** -0.5)
        self.key_LGDE = nn.Parameter(torch.randn(of_key, generator=draw) * (3 * width) ** -0.5)
        self.query_norm_LE = nn.Parameter(torch.ones(layers, size))
        self.key_norm_LE = nn.Parameter(torch.ones(layers, size))

    def of_queries(self, layer: int, query_NHD: Tensor, position_N: Tensor) -> Tensor:
        """``[N, G, E]`` of unrotated queries at their positions."""
        weight_GSDE = self.query_LGSDE[layer]
        query_NGSD = query_NHD.unflatten(1, weight_GSDE.shape[:2])
        gate_NGE = torch.einsum("ngsd,gsde->nge", query_NGSD, weight_GSDE)
        return self._turned(rms_norm(gate_NGE, (self.size,), self.query_norm_LE[layer]), position_N)

    def of_blocks(self, layer: int, key_BGMKD: Tensor, first_BM: Tensor) -> Tensor:
        """``[B, M, G, E]`` of whole blocks' unrotated keys, from the blocks' first positions."""
        pooled = [key_BGMKD.amax(3), key_BGMKD.amin(3), key_BGMKD.mean(3)]
        gate_BMGE = torch.einsum("bgmd,gde->bmge", torch.cat(pooled, -1), self.key_LGDE[layer])
        return self._turned(rms_norm(gate_BMGE, (self.size,), self.key_norm_LE[layer]), first_BM)

    def scores(self, query_NGE: Tensor, block_NMGE: Tensor) -> Tensor:
        """``[N, G, M]``, before the softmax."""
        logits_NGM: Tensor = torch.einsum("nge,nmge->ngm", query_NGE, block_NMGE) / self.size**0.5
        return logits_NGM

    def _turned(self, gate: Tensor, position: Tensor) -> Tensor:
        """``[…, G, E]`` rotated by positions ``[…]``."""
        half = self.size // 2
        speed = self.theta ** (-torch.arange(half, device=gate.device) / half)
        angle = (position[..., None].float() * speed)[..., None, :]
        cos, sin = angle.cos().to(gate.dtype), angle.sin().to(gate.dtype)
        first, second = gate[..., :half], gate[..., half:]
        return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)

    def policy(self, module: Any, plain: Network, batch: Batch) -> Policy:
        """What the network says of a batch and, where its layers are asked for, what its gates say too."""
        hidden_ND, layers = module(batch.ids_BT, batch.index_N)
        policy = GatedPolicy(batch, plain.head(hidden_ND), layers=layers, extra=plain.extra)
        if layers:
            policy.divergence_N = self.divergence(plain.model, batch, layers)
        return policy

    def divergence(self, model: Any, batch: Batch, layers: tuple[Tensor, ...]) -> Tensor:
        """See `GatedPolicy`. Blocks that a query's own position is not beyond take no part: its own block is
        always read, and what is pooled there would hold what comes later."""
        body = model.base_model
        width = batch.ids_BT.shape[1]
        position_1T = torch.arange(width, device=batch.ids_BT.device)[None]
        row_N, place_N = batch.index_N // width, batch.index_N % width
        count = -(-width // self.block)
        first_M = torch.arange(count, device=row_N.device) * self.block
        past_NM = first_M + self.block <= place_N[:, None]
        total_N = layers[0].new_zeros(len(row_N))
        for number, block in enumerate(body.layers):
            query_BTHD, key_BTGD = _unrotated(block, layers[number])
            cos, sin = body.rotary_emb(layers[number], position_1T)
            weight_BHTT = _attention(query_BTHD, key_BTGD, cos, sin, block.self_attn.scaling)
            wide_BHTMK = pad(weight_BHTT, (0, count * self.block - width)).unflatten(-1, (count, -1))
            target_BGTM = wide_BHTMK.amax(-1).unflatten(1, (key_BTGD.shape[2], -1)).amax(2)
            target_NGM = target_BGTM.transpose(1, 2)[row_N, place_N] * past_NM[:, None]
            target_NGM = target_NGM / target_NGM.sum(-1, keepdim=True).clamp(min=1e-12)
            keys_BGMKD = pad(key_BTGD, (0, 0, 0, 0, 0, count * self.block - width)).unflatten(
                1, (count, -1)
            ).permute(0, 3, 1, 2, 4)  # fmt: skip
            gate_BMGE = self.of_blocks(number, keys_BGMKD, first_M.expand(len(keys_BGMKD), -1))
            gate_NGE = self.of_queries(number, query_BTHD[row_N, place_N], place_N)
            score_NGM = self.scores(gate_NGE, gate_BMGE[row_N]).masked_fill(~past_NM[:, None], -1e9)
            gap_NGM = target_NGM * (target_NGM.clamp(min=1e-12).log() - score_NGM.log_softmax(-1))
            total_N = total_N + gap_NGM.sum(-1).mean(-1)
        return total_N


def for_model(model: Any, size: int, block: int, seed: int) -> Gates:
    """Gates that fit a network's shape.

    Raises:
        LimbeckError: its layers are of another make than those of Llama and Qwen.
    """
    from limbeck.networks.caching import fit_for

    fit_for(model, "students/block_gates")
    config = model.config.get_text_config()
    body = model.base_model
    layers: Any = getattr(body, "layers", ())
    pairs = [(getattr(layer, "self_attn", None), part) for layer in layers for part in PARTS]
    turns = getattr(body, "rotary_emb", None)
    if not pairs or not all(hasattr(*pair) for pair in pairs) or getattr(turns, "attention_scaling", 0) != 1:
        raise LimbeckError(f"students/block_gates: models of type {config.model_type!r} have no such queries")
    heads, keys = config.num_attention_heads, config.num_key_value_heads
    width = layers[0].self_attn.head_dim
    return Gates(len(layers), keys, heads // keys, width, size, block, seed=seed)


def _unrotated(block: Any, hidden_BTD: Tensor) -> tuple[Tensor, Tensor]:
    """Queries ``[B, T, H, D]`` and keys ``[B, T, G, D]`` of a layer, from its input."""
    attention = block.self_attn
    normed = block.input_layernorm(hidden_BTD)
    made = []
    for name in ("q", "k"):
        states = getattr(attention, f"{name}_proj")(normed).unflatten(-1, (-1, attention.head_dim))
        norm = getattr(attention, f"{name}_norm", None)
        made.append(states if norm is None else norm(states))
    return made[0], made[1]


def rotated(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """States turned by angles that broadcast to them; by ``-sin`` back again."""
    first, second = states.chunk(2, -1)
    return states * cos + torch.cat([-second, first], -1) * sin


def _attention(query_BTHD: Tensor, key_BTGD: Tensor, cos: Tensor, sin: Tensor, scaling: float) -> Tensor:
    """The whole causal map, ``[B, H, T, T]``, without gradient."""
    with torch.no_grad():
        cos, sin = cos[:, :, None], sin[:, :, None]
        query, key = (
            rotated(query_BTHD, cos, sin).transpose(1, 2),
            rotated(key_BTGD, cos, sin).transpose(1, 2),
        )
        shared = query.shape[1] // key.shape[1]
        logits = query @ key.repeat_interleave(shared, 1).mT * scaling
        later = torch.ones(logits.shape[-2:], dtype=torch.bool, device=logits.device).triu(1)
        return logits.masked_fill(later, -torch.inf).softmax(-1)


class Guesses:
    """What a network's gates say while it writes. A block's gate is computed once, when the block is whole.

    Raises:
        LimbeckError: the network has no gates, or such of other blocks.
    """

    def __init__(self, model: Any, block: int, where: str) -> None:
        gates = way_of(model)
        if not isinstance(gates, Gates):
            raise LimbeckError(f"{where}: the model has no gates; train it with adapt: block_gates")
        if gates.block != block:
            raise LimbeckError(f"{where}: block={block}: the model's gates are of blocks of {gates.block}")
        self.gates, self.turn = gates, model.base_model.rotary_emb
        self.whole: dict[int, Tensor] = {}
        """By layer, the gates of whole blocks, ``[R, M, G, E]``."""

    def probabilities(self, layer: int, blocks: Blocks, query_RHD: Tensor, key_RGKD: Tensor) -> Tensor:
        """``[R, G, M]``, 0 for a block that a row's last position is not beyond."""
        position_R = blocks.seen_RK.sum(-1) - 1
        begun_R = position_R % blocks.size == 0
        if layer not in self.whole:
            for number in range(blocks.count - 1):
                self._note(layer, blocks, number, key_RGKD, blocks.own_R > number)
        elif begun_R.any():
            for number in sorted({*(blocks.own_R[begun_R] - 1).tolist()} - {-1}):
                self._note(layer, blocks, number, key_RGKD, begun_R & (blocks.own_R == number + 1))
        cos, sin = self.turn(query_RHD, position_R[:, None])
        gate_RGE = self.gates.of_queries(layer, rotated(query_RHD, cos, -sin), position_R)
        number_M = torch.arange(blocks.count, device=position_R.device)
        past_R1M = (number_M < blocks.own_R[:, None])[:, None]
        if layer not in self.whole:
            return past_R1M.expand(-1, key_RGKD.shape[1], -1).to(query_RHD.dtype)
        score_RGM = pad(self.gates.scores(gate_RGE, self.whole[layer]), (0, 1))[..., : blocks.count]
        return score_RGM.masked_fill(~past_R1M, -1e9).softmax(-1) * past_R1M

    def _note(self, layer: int, blocks: Blocks, number: int, key_RGKD: Tensor, where_R: Tensor) -> None:
        """The gate of one block, in the rows in which it is now whole."""
        columns_RK = blocks.columns(torch.full_like(blocks.own_R, number)).clamp(max=key_RGKD.shape[2] - 1)
        cos, sin = self.turn(key_RGKD, columns_RK - blocks.pad_R[:, None])
        key = rotated(taken(key_RGKD, columns_RK), cos[:, None], -sin[:, None])
        first_RM = torch.full_like(blocks.own_R, number * blocks.size)[:, None]
        gate_RMGE = self.gates.of_blocks(layer, key[:, :, None], first_RM)
        known = self.whole.get(layer, gate_RMGE[:, :0])
        known = pad(known, (0, 0, 0, 0, 0, max(0, number + 1 - known.shape[1])))
        known[where_R, number] = gate_RMGE[where_R, 0]
        self.whole[layer] = known

    def select(self, places: Tensor) -> None:
        """Only these rows go on."""
        self.whole = {layer: known[places] for layer, known in self.whole.items()}
