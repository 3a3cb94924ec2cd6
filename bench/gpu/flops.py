"""Operations of a training step, as model FLOP utilisation (MFU) counts them.

Chowdhery et al. 2022 (PaLM, arXiv 2204.02311), appendix B: 6 for each weight of a matrix and token, two
forward and four backward, and 12·L·d·T a token for attention over T tokens in L layers, d wide over all
heads. What checkpointing computes again is no part of it. Two things are counted more strictly than there:
attention is causal, so half of its scores are never needed, and the head is asked of trained tokens alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from limbeck.networks.batch import Item


@dataclass(frozen=True)
class Shape:
    """Weights in the matrices of the body and of the head, and L·d."""

    body: int
    head: int
    attended: int

    @classmethod
    def of(cls, model: Any) -> Shape:
        head = model.get_output_embeddings().weight
        embedding = model.get_input_embeddings().weight
        matrices = sum(weight.numel() for weight in model.parameters() if weight.dim() > 1)
        tables = {id(weight): weight.numel() for weight in (head, embedding)}
        config = model.config
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        attended = config.num_hidden_layers * config.num_attention_heads * size
        return cls(matrices - sum(tables.values()), head.numel(), attended)

    def needed(self, items: Iterable[Item]) -> float:
        """Operations that a step on these items cannot do without."""
        rows = [row for item in items for row in item.rows]
        tokens = sum(len(row.ids) for row in rows)
        trained = sum(len(row.ids) - row.start for row in rows)
        scores = sum(len(row.ids) ** 2 for row in rows) / 2
        return 6.0 * (self.body * tokens + self.head * trained) + 12.0 * self.attended * scores
