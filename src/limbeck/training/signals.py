"""What an objective may know besides the student: reference, teacher, hidden states, memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from limbeck.networks.batch import Batch, Item, collate
from limbeck.networks.logp import Head, token_logp
from limbeck.networks.policy import Layers, Network, Policy
from limbeck.networks.teachers import Live, Top
from limbeck.objectives.ops import Signal, row_sum


class Signals:
    """Makes the signal of a batch.

    Args:
        needs: what the objective asks for.
        teacher: a network that is not trained.
        reference: the start model, where its log-probabilities were not computed before (`known`).
        temperature: at which stored distributions were taken.
    """

    def __init__(
        self,
        needs: Sequence[str],
        teacher: Network | None,
        reference: Network | None = None,
        temperature: float = 1.0,
    ) -> None:
        self.needs, self.teacher, self.reference, self.temperature = needs, teacher, reference, temperature
        self.known: dict[str, np.ndarray] = {}
        self.memory: dict[str, float] = {}
        self.progress = 0.0
        self.words: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    def of(self, part: Sequence[Item], batch: Batch) -> Signal:
        """The signal of a batch collated from ``part``."""
        more: dict[str, Any] = {}
        if "reference" in self.needs:
            more["reference_N"] = self._reference(batch)
            more["reference_B"] = row_sum(more["reference_N"], batch)
        seen = batch
        if "teacher_text" in self.needs:
            rows = [item.rows[k] for k in range(len(part[0].rows)) for item in part]
            seen = more["other"] = collate([Item((row.other,)) for row in rows if row.other]).to(
                batch.ids_BT.device
            )
            more["spans_N2"], more["words"] = seen.columns.get("spans"), self.words
        if self.teacher is not None:
            head, more["layers"] = self._look(self.teacher, seen)
            more["teacher"] = Live(head)
            if "attentions" in self.needs:
                with torch.no_grad():
                    more["attentions"] = self.teacher.attentions(seen.ids_BT)
            if "teacher_logp" in self.needs:
                with torch.no_grad():
                    more["teacher_N"] = token_logp(head, seen.target_N)
        elif "top_logp" in batch.columns:
            more["teacher"] = self._stored(batch)
        more.setdefault("teacher_N", batch.columns.get("teacher_logp"))
        return Signal(**more, progress=self.progress, memory=self.memory)

    def _reference(self, batch: Batch) -> Tensor:
        if self.reference is None:
            known = np.concatenate([self.known[name] for name in batch.ids])
            return torch.from_numpy(known).to(batch.ids_BT.device)
        with torch.no_grad():
            return Policy(batch, self._look(self.reference, batch)[0]).logp_N

    def _stored(self, batch: Batch) -> Live | Top:
        logp_NK = batch.columns["top_logp"]
        if "top_ids" not in batch.columns:
            # Log-probabilities at a temperature are logits divided by it, but for a constant.
            return Live(Head(logp_NK * self.temperature), stored=True)
        return Top(batch.columns["top_ids"].long(), logp_NK, batch.columns["top_rest"], self.temperature)

    @torch.no_grad()
    def _look(self, network: Network, batch: Batch) -> tuple[Head, Layers]:
        hidden_ND, layers = network(batch.ids_BT, batch.index_N)
        return network.head(hidden_ND), layers
