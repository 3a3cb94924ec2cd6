"""Implicit chain of thought: a student that reads a thought's states, one that foretells them, and both.

At the mark that ends a prompt the state before each layer is written anew (arXiv 2311.01460): a
`MindReader`'s from the states of a teacher that reads the thought, a `Coupled` student's from those that
an `Emulator` foretells from the question alone.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor, nn

from limbeck.errors import LimbeckError
from limbeck.networks.silent import Silent, blocks
from limbeck.networks.ways import Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Network, Policy

Memory = dict[str, Any]


def body_from(config: dict[str, Any]) -> Any:
    """A network without a head and without trained weights, from a configuration as plain data."""
    from transformers import AutoConfig, AutoModel

    rest = {name: value for name, value in config.items() if name != "model_type"}
    return AutoModel.from_config(AutoConfig.for_model(config["model_type"], **rest))


def mlp(inputs: int, width: int) -> nn.Sequential:
    """What maps states to states: four times as wide inside."""
    return nn.Sequential(nn.Linear(inputs, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))


class Overwriting(Way):
    """At the mark, the state before each layer is what `overwrite` makes of it.

    Args:
        mark: the token's id.
    """

    def __init__(self, *, mark: int, **settings: Any) -> None:
        super().__init__(mark=mark, **settings)
        self.mark = mark
        self.at_B: Tensor | None = None
        self.row_B = torch.zeros(0, dtype=torch.long)

    def join(self, model: Any) -> None:
        self.take(model.base_model)

    def take(self, body: Any) -> None:
        """Put hooks on a body."""
        body.register_forward_pre_hook(self.begin, with_kwargs=True)
        for index, layer in enumerate(blocks(body)):
            layer.register_forward_pre_hook(partial(self.before, index))

    def begin(self, body: Any, given: Any, asked: dict[str, Any]) -> None:
        """See where the mark stands. Behind a cache there is none: a prompt is read in one go."""
        ids_BT, cache = asked.get("input_ids"), asked.get("past_key_values")
        self.at_B = None
        if ids_BT is None or (cache is not None and cache.get_seq_length()):
            return
        marked_BT = ids_BT == self.mark
        # Rows without one are read as they are, whatever stands beside them.
        self.row_B = marked_BT.any(1).nonzero()[:, 0]
        if len(self.row_B):
            # The last one: whatever a question holds, the prompt ends with it.
            last_B = ids_BT.shape[1] - 1 - marked_BT[self.row_B].flip(1).int().argmax(1)
            self.at_B = self.prepare(last_B, asked)

    def before(self, index: int, layer: Any, given: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """What goes into layer ``index``, with the state at the mark written anew."""
        if self.at_B is None:
            return None
        hidden_BTD = given[0]
        new_BD = self.overwrite(index, hidden_BTD[self.row_B, self.at_B])
        changed_BTD = hidden_BTD.index_put((self.row_B, self.at_B), new_BD.to(hidden_BTD.dtype))
        return (changed_BTD, *given[1:])

    def prepare(self, at_B: Tensor, asked: dict[str, Any]) -> Tensor | None:
        """Called before a forward pass, with where the mark is in the rows that have it; None leaves all
        as it is."""
        return at_B

    def overwrite(self, index: int, state_BD: Tensor) -> Tensor:
        """The new state before a layer: here, the old one."""
        return state_BD


class Foretelling(nn.Module):
    """From the state at the mark before each layer, a teacher's state there: and what goes on upward.

    ``z = MLP([h; mixture])``, the mixture's embedding chosen softly by ``h``; upward goes, through an LSTM
    that looks back at its own earlier layers, what was foretold, so that later states depend on earlier
    ones.
    """

    def __init__(self, layers: int, width: int, mixture: int) -> None:
        super().__init__()
        self.mlps = nn.ModuleList([mlp(2 * width, width) for _ in range(layers)])
        self.components = nn.Embedding(mixture, width)
        self.lstm = nn.LSTMCell(width, width)
        self.key, self.query = nn.Linear(width, width), nn.Linear(width, width)
        self.out = nn.Linear(2 * width, width)

    def forward(self, index: int, state_BD: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """What is foretold of layer ``index``, and what goes into it; ``memory`` begins empty."""
        state_BD = state_BD.to(self.out.weight.dtype)
        table_MD = self.components.weight
        mixed_BD = (state_BD @ table_MD.T).softmax(-1) @ table_MD
        told_BD = self.mlps[index](torch.cat([state_BD, mixed_BD], -1))
        context_BD = memory.get("context", torch.zeros_like(told_BD))
        hidden_BD, cell_BD = self.lstm(told_BD + context_BD, memory.get("lstm"))
        memory["lstm"] = hidden_BD, cell_BD
        keys = memory.setdefault("keys", [])
        if keys:
            keys_BLD = torch.stack(keys, 1)
            weight_BL = (keys_BLD @ self.query(hidden_BD)[..., None])[..., 0].softmax(-1)
            context_BD = (weight_BL[..., None] * keys_BLD).sum(1)
        keys.append(self.key(hidden_BD))
        memory["context"] = context_BD
        return told_BD, self.out(torch.cat([hidden_BD, context_BD], -1))


class Reading(Overwriting):
    """Holds a frozen teacher and reads the thoughts of a batch with it.

    Args:
        reader: the teacher's configuration.
    """

    def __init__(self, *, mark: int, reader: dict[str, Any], **settings: Any) -> None:
        super().__init__(mark=mark, reader=reader, **settings)
        self.reader = body_from(reader).requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        self.reader.eval()
        return self

    @torch.no_grad()
    def goals(self, silent: Silent) -> Tensor:
        """The teacher's states on the diagonal, ``[L, B, D]``."""
        read = self.reader(input_ids=silent.full.ids_BT, use_cache=False, output_hidden_states=True)
        return silent.diagonal(read.hidden_states[:-1])


class MindReader(Reading):
    """A student that answers from a teacher's states on the thought, through an MLP for each layer."""

    kind = "mind_reader"

    def __init__(self, *, mark: int, reader: dict[str, Any]) -> None:
        super().__init__(mark=mark, reader=reader)
        layers, width = reader["num_hidden_layers"], reader["hidden_size"]
        self.mlps = nn.ModuleList([mlp(width, width) for _ in range(layers)])
        self.states_LBD: Tensor | None = None

    def policy(self, module: Any, plain: Network, batch: Batch) -> Policy:
        from limbeck.networks.policy import plainly

        silent = Silent.of(batch).must_think(self.kind)
        self.states_LBD = self.goals(silent)
        try:
            return plainly(module, plain, silent.batch)
        finally:
            self.states_LBD = None

    def prepare(self, at_B: Tensor, asked: dict[str, Any]) -> Tensor | None:
        return None if self.states_LBD is None else at_B

    def overwrite(self, index: int, state_BD: Tensor) -> Tensor:
        assert self.states_LBD is not None, "what is overwritten was prepared"
        told: Tensor = self.mlps[index](self.states_LBD[index][self.row_B].to(state_BD.dtype))
        return told

    def sample(self, model: Any, rows: Any, sampling: Any, limits: Any) -> Iterator[Any]:
        raise LimbeckError(
            "a mind reader answers from a thought that it is shown and cannot be asked without one; "
            "couple it with an emulator (students/coupled)"
        )


class Emulating(Overwriting):
    """Writes at the mark what goes upward of what `Foretelling` foretells, and keeps what is foretold."""

    parts: Foretelling
    told: list[Tensor]
    memory: Memory

    def prepare(self, at_B: Tensor, asked: dict[str, Any]) -> Tensor | None:
        self.told, self.memory = [], {}
        return at_B

    def overwrite(self, index: int, state_BD: Tensor) -> Tensor:
        told_BD: Tensor
        upward_BD: Tensor
        told_BD, upward_BD = self.parts(index, state_BD, self.memory)
        self.told.append(told_BD)
        return upward_BD


class Emulator(Emulating, Reading):
    """A network that foretells a teacher's states from the question.

    Its policy says how likely the teacher's states are under normal distributions around what it foretells,
    ``-½ |z - ẑ|²`` summed over layers but for a constant, as the log-probability of one token of each row:
    so that `objectives/sft` trains it with the paper's loss.
    """

    kind = "emulator"

    def __init__(self, *, mark: int, reader: dict[str, Any], mixture: int = 1) -> None:
        super().__init__(mark=mark, reader=reader, mixture=mixture)
        self.parts = Foretelling(reader["num_hidden_layers"], reader["hidden_size"], mixture)

    def policy(self, module: Any, plain: Network, batch: Batch) -> Policy:
        from limbeck.networks.policy import Policy, plainly

        silent = Silent.of(batch).must_think(self.kind)
        goals_LBD = self.goals(silent)
        policy = plainly(module, plain, silent.batch)
        gap_B = (torch.stack(self.told) - goals_LBD).square().sum(-1).sum(0) / 2
        # Through the row's head too, with weight 0, so that gradients of all parts are exchanged.
        first_B = torch.searchsorted(policy.row_N, torch.arange(len(gap_B), device=gap_B.device))
        weight_N = torch.zeros_like(policy.batch.token_weight_N).index_fill(0, first_B, 1.0)
        logp_N = (0 * policy.logp_N).index_add(0, first_B, -gap_B)
        return Policy(
            policy.batch.reweighted(weight_N), logp_N=logp_N, layers=policy.layers, extra=policy.extra
        )

    def sample(self, model: Any, rows: Any, sampling: Any, limits: Any) -> Iterator[Any]:
        raise LimbeckError("an emulator foretells states and writes nothing (students/coupled)")


class Telling(Emulating):
    """An emulator inside another network: its own body and what foretells."""

    def __init__(self, body: Any, parts: Foretelling, mark: int) -> None:
        super().__init__(mark=mark)
        self.body, self.parts = body, parts
        self.take(body)

    def states(self, asked: dict[str, Any]) -> list[Tensor]:
        """What is foretold of each layer, ``[B, D]``, from a network's own inputs."""
        names = ("input_ids", "attention_mask", "position_ids")
        given = {name: asked[name] for name in names if name in asked}
        self.body(**given, use_cache=False)
        return self.told


class Coupled(Overwriting):
    """A mind reader whose states an emulator foretells: it answers at once, from the question alone.

    Args:
        body: the emulator's configuration.
        mixture: how many components it has.
    """

    kind = "coupled"

    def __init__(self, *, mark: int, body: dict[str, Any], mixture: int) -> None:
        super().__init__(mark=mark, body=body, mixture=mixture)
        layers, width = body["num_hidden_layers"], body["hidden_size"]
        self.mlps = nn.ModuleList([mlp(width, width) for _ in range(layers)])
        self.emulator = Telling(body_from(body), Foretelling(layers, width, mixture), mark)
        self.states: list[Tensor] = []

    def prepare(self, at_B: Tensor, asked: dict[str, Any]) -> Tensor | None:
        self.states = self.emulator.states(asked)
        return at_B

    def overwrite(self, index: int, state_BD: Tensor) -> Tensor:
        told: Tensor = self.mlps[index](self.states[index])
        return told

    def policy(self, module: Any, plain: Network, batch: Batch) -> Policy:
        from limbeck.networks.policy import plainly

        return plainly(module, plain, Silent.of(batch).batch)
