"""What a second network, or the same one behind another prompt, says next of rows that a sampler writes.

It keeps a cache of its own and is fed each token that the sampler has drawn. What it says of a row depends on
what the row has seen alone (to rounding), however batches are cut.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers import DynamicCache

if TYPE_CHECKING:
    from limbeck.networks.steering import SampledRow


class Beside:
    """Reads along.

    Args:
        network: in evaluation mode; tokens are those of the network that samples.
        prompt: the tokens that stand for a row's prompt here; the row's own by default.
        told: hears which rows are read, in order, and the columns of padding before each, ahead of each
            forward pass.
        asked: what else the network is asked for, such as ``output_hidden_states``.
    """

    def __init__(
        self,
        network: Any,
        prompt: Callable[[SampledRow], list[int]] | None = None,
        told: Callable[[Sequence[SampledRow], list[int], int], None] | None = None,
        **asked: Any,
    ) -> None:
        self.network, self.prompt, self.told, self.asked = network, prompt or _its, told, asked
        self.forget()

    def forget(self) -> None:
        """Nothing is kept of any row."""
        self.rows: list[SampledRow] = []
        self.fed: list[int] = []
        self.pads: list[int] = []
        self.cache: Any = None

    @torch.inference_mode()
    def read(self, rows: Sequence[SampledRow]) -> Any:
        """The network's output at the last token of each row, ``logits`` of shape ``[R, 1, V]``."""
        places = {id(row): place for place, row in enumerate(self.rows)}
        kept = [places.get(id(row), -1) for row in rows]
        fed = [self.fed[place] if place >= 0 else -1 for place in kept]
        fresh = [len(row.seen) - count if count >= 0 else 0 for row, count in zip(rows, fed, strict=True)]
        if self.cache is None or any(count != 1 for count in fresh):
            return self._begin(rows)
        if kept != list(range(len(self.rows))):
            self.cache.reorder_cache(torch.tensor(kept, device=self.network.device))
            self.pads = [self.pads[place] for place in kept]
        self.rows, self.fed = list(rows), [len(row.seen) for row in rows]
        self.width += 1
        return self._forward(torch.tensor([row.seen[-1:] for row in rows], device=self.network.device))

    def _begin(self, rows: Sequence[SampledRow]) -> Any:
        starts = [self.prompt(row) + row.seen[len(row.prompt) :] for row in rows]
        self.rows, self.fed = list(rows), [len(row.seen) for row in rows]
        self.width = max(map(len, starts))
        self.pads = [self.width - len(ids) for ids in starts]
        self.cache = DynamicCache(config=self.network.config)
        padded = [[0] * pad + ids for pad, ids in zip(self.pads, starts, strict=True)]
        return self._forward(torch.tensor(padded, device=self.network.device))

    def _forward(self, ids_RT: Tensor) -> Any:
        more: dict[str, Any] = {}
        # As the sampler does: without padding no mask, so that the same prompts give the same numbers.
        if any(self.pads):
            columns = torch.arange(self.width, device=ids_RT.device)
            pads_R1 = torch.tensor(self.pads, device=ids_RT.device)[:, None]
            mask_RT = (columns[None] >= pads_R1).long()
            more["attention_mask"] = mask_RT
            more["position_ids"] = (mask_RT.cumsum(-1) - 1).clamp(min=0)[:, -ids_RT.shape[1] :]
        if self.told is not None:
            self.told(self.rows, self.pads, self.width)
        more |= self.asked
        return self.network(
            input_ids=ids_RT, past_key_values=self.cache, use_cache=True, logits_to_keep=1, **more
        )


def _its(row: SampledRow) -> list[int]:
    return row.prompt


class Ahead(Beside):
    """Reads along, and looks one token ahead at several candidates of each row.

    ``states`` are the last layer's hidden states ``[T, D]`` of what each row has seen, by the row's identity.
    """

    def __init__(self, network: Any) -> None:
        self.states: dict[int, Tensor] = {}
        super().__init__(network, output_hidden_states=True)

    def forget(self) -> None:
        """Nothing is kept of any row."""
        super().forget()
        self.states.clear()

    def read(self, rows: Sequence[SampledRow]) -> Any:
        """As `Beside.read`; what was read is remembered."""
        output = super().read(rows)
        read_RTD = output.hidden_states[-1]
        if read_RTD.shape[1] > 1 or not self.states:
            pairs = zip(rows, read_RTD, self.pads, strict=True)
            self.states = {id(row): states_TD[pad:] for row, states_TD, pad in pairs}
        else:
            before = self.states
            pairs_of = zip(rows, read_RTD, strict=True)
            self.states = {id(row): torch.cat([before[id(row)], new_1D]) for row, new_1D in pairs_of}
        return output

    @torch.inference_mode()
    def look(self, candidates_RK: Tensor) -> Tensor:
        """Hidden states ``[R, K, D]`` of each row's candidates, were they written next; nothing is kept."""
        rows, count = candidates_RK.shape
        cache = copy.deepcopy(self.cache)
        cache.batch_repeat_interleave(count)
        more: dict[str, Any] = {}
        if any(self.pads):
            columns = torch.arange(self.width + 1, device=candidates_RK.device)
            pads = torch.tensor(self.pads, device=candidates_RK.device).repeat_interleave(count)
            mask_RT = (columns[None] >= pads[:, None]).long()
            more = {"attention_mask": mask_RT, "position_ids": self.width - pads[:, None]}
        output = self.network(
            input_ids=candidates_RK.reshape(-1, 1), past_key_values=cache, use_cache=True, logits_to_keep=1,
            output_hidden_states=True, **more,
        )  # fmt: skip
        states_RKD: Tensor = output.hidden_states[-1][:, -1].unflatten(0, (rows, count))
        return states_RKD
