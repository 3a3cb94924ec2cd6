"""Thinking in latent steps: the last hidden state is the next input.

A prompt ends with places for a thought (`students/places`). One after the other they get, as their input,
the last hidden state of the position before; then the answer is written as usual.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor
from torch.nn import functional

from limbeck.errors import LimbeckError
from limbeck.networks.implicit import body_from
from limbeck.networks.silent import Silent, blocks
from limbeck.networks.ways import Way

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Network, Policy


class LatentSteps(Way):
    """A network that thinks ``places`` steps of hidden states before it answers.

    Args:
        mark: the id of the place's token.
        reader: a teacher's configuration, whose states at the ends of written steps the latent steps are
        led to. separator: the id of the token behind each written step.
        weight: of the mean squared distance to the teacher's states, each normed, summed over steps.
    """

    kind = "latent_steps"

    def __init__(
        self, *, mark: int, places: int, reader: dict[str, Any], separator: int, weight: float
    ) -> None:
        super().__init__(mark=mark, places=places, reader=reader, separator=separator, weight=weight)
        self.mark, self.places, self.separator, self.weight = mark, places, separator, weight
        self.reader = body_from(reader).requires_grad_(False).eval()
        self.at_BK: Tensor | None = None
        self.row_B1 = torch.zeros(0, 1, dtype=torch.long)
        self.inside, self.reached = False, places
        self.states: list[Tensor] = []

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        self.reader.eval()
        return self

    def join(self, model: Any) -> None:
        model.base_model.register_forward_pre_hook(self.begin, with_kwargs=True)
        for index, layer in enumerate(blocks(model)):
            layer.register_forward_pre_hook(partial(self.before, index))
            layer.register_forward_hook(partial(self.after, index))

    def begin(self, body: Any, given: Any, asked: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
        """Fill the places before a pass over a prompt. Behind a cache there are none."""
        if self.inside:
            return None
        ids_BT, cache = asked.get("input_ids"), asked.get("past_key_values")
        self.at_BK, self.states = None, []
        if ids_BT is None or (cache is not None and cache.get_seq_length()):
            return None
        marked_BT = ids_BT == self.mark
        # The last ones: whatever a question holds, the prompt ends with them.
        marked_BT &= marked_BT.flip(1).cumsum(1).flip(1) <= self.places
        whole_B = marked_BT.sum(1) == self.places
        if not whole_B.any():
            return None
        # Rows without places are read as they are, whatever stands beside them.
        self.row_B1 = whole_B.nonzero()
        self.at_BK = marked_BT[whole_B].nonzero()[:, 1].view(-1, self.places)
        return given, {**asked, "input_ids": None, "inputs_embeds": self._filled(body, ids_BT, asked)}

    def _filled(self, body: Any, ids_BT: Tensor, asked: dict[str, Any]) -> Tensor:
        """What goes into the first layer, the places one after the other. Attention is causal, so that a
        pass up to a place is the same whatever stands behind it."""
        assert self.at_BK is not None, "places are filled where they were seen"
        input_BTD: Tensor = body.get_input_embeddings()(ids_BT)
        row_B = self.row_B1[:, 0]
        self.inside = True
        try:
            for step in range(self.places):
                at_B, self.reached = self.at_BK[:, step], step
                width = int(at_B.max())
                names = [name for name in ("attention_mask", "position_ids") if asked.get(name) is not None]
                seen = {name: asked[name][:, :width] for name in names}
                told = body(inputs_embeds=input_BTD[:, :width], use_cache=False, **seen)
                last_BD = told.last_hidden_state[row_B, at_B - 1]
                input_BTD = input_BTD.index_put((row_B, at_B), last_BD.to(input_BTD.dtype))
        finally:
            self.inside, self.reached = False, self.places
        return input_BTD

    def before(self, index: int, layer: Any, given: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """What goes into layer ``index``; None for what goes anyway."""
        return None

    def after(self, index: int, layer: Any, given: tuple[Any, ...], output: Tensor) -> Tensor | None:
        """Note the states of the places behind layer ``index``."""
        if self.at_BK is not None and not self.inside:
            self.states.append(output[self.row_B1, self.at_BK])
        return None

    def layers_run(self) -> Tensor:
        """Of the last pass over prompts, how many layers each step has run through, ``[B, K]``."""
        assert self.at_BK is not None, "there was a pass over prompts"
        return torch.full(self.at_BK.shape, float(len(self.states)), device=self.at_BK.device)

    def policy(self, module: Any, plain: Network, batch: Batch) -> Policy:
        """The first token of an answer is told together with the steps before it: its log-probability has
        that of the teacher's states, under normal distributions around the steps' own, added (but for a
        constant)."""
        from limbeck.networks.policy import plainly

        silent = Silent.of(batch)
        policy = self.thoughtful(plainly(module, plain, silent.batch))
        if not self.weight or not silent.thought_BT.any():
            return policy
        goals_LBKD = self.goals(silent.must_think(self.kind))
        states_LBKD = normed(torch.stack(self.states))
        gap_B = (states_LBKD - goals_LBKD).square().mean((0, 3)).sum(1)
        return beside(policy, self.weight * gap_B)

    def thoughtful(self, policy: Policy) -> Policy:
        """The policy itself.

        Raises:
            LimbeckError: a prompt of the last pass has no places.
        """
        if self.at_BK is None or len(self.at_BK) < len(policy.batch.ids):
            raise LimbeckError(f"{self.kind}: a prompt does not end with {self.places} places for a thought")
        return policy

    @torch.no_grad()
    def goals(self, silent: Silent) -> Tensor:
        """The teacher's states that tell the last token of each written step, ``[L, B, K, D]``, normed:
        for each place those of one step, of all steps evenly.

        Raises:
            LimbeckError: a thought has no step that ends with the separator.
        """
        ids_BT, thought_BT = silent.full.ids_BT, silent.thought_BT
        # Two before the separator: what is read there says what the step comes to. One further on, where that
        # is written, the last layer says little but that a separator follows.
        telling_BT = functional.pad((ids_BT[:, 2:] == self.separator) & thought_BT[:, 2:], (0, 2))
        telling_BT &= functional.pad(thought_BT[:, 1:], (0, 1))
        count_BT = telling_BT.cumsum(1)
        steps_B = count_BT[:, -1]
        if not (steps_B > 0).all():
            raise LimbeckError(f"{self.kind}: a thought has no step that ends with the separator")
        order_K = torch.arange(1, self.places + 1, device=ids_BT.device)
        wanted_BK = -(-order_K * steps_B[:, None] // self.places)
        at_BK = (count_BT[:, None] == wanted_BK[..., None]).int().argmax(-1)
        read = self.reader(input_ids=ids_BT, use_cache=False, output_hidden_states=True)
        return normed(
            torch.stack([hidden_BTD[rows_of(at_BK), at_BK] for hidden_BTD in read.hidden_states[1:]])
        )


def rows_of(values: Tensor) -> Tensor:
    """Numbers of the rows, ``[B, 1]``, to index them with."""
    return torch.arange(len(values), device=values.device)[:, None]


def normed(states: Tensor) -> Tensor:
    """States without mean and with unit variance."""
    return functional.layer_norm(states.float(), states.shape[-1:])


def beside(policy: Policy, loss_B: Tensor) -> Policy:
    """A policy whose rows cost ``loss_B`` more, in nats, at their first token."""
    from limbeck.networks.policy import Policy

    first_B = torch.searchsorted(policy.row_N, torch.arange(len(loss_B), device=loss_B.device))
    logp_N = policy.logp_N.index_add(0, first_B, -loss_B.to(policy.logp_N.dtype))
    return Policy(policy.batch, policy.head, logp_N, policy.layers, policy.extra)
