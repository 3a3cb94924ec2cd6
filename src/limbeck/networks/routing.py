"""A router between a small and a large model: what it reads of the small one, how it learns, where it draws
the line.

``K`` are the small model's largest logits, ``D`` is the width of its last hidden states.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, gelu

from limbeck.errors import LimbeckError

if TYPE_CHECKING:
    from limbeck.networks.steering import SampledRow

FILE = "router.safetensors"
HELD = ("probability_N", "entropy_N", "divergent_N")
PATIENCE = 5
"""Rounds without a lower loss on what is held out before training ends."""


@dataclass(frozen=True)
class Shape:
    """A router's sizes: logits and states it reads, its width, its blocks."""

    logits: int
    states: int
    width: int = 1024
    blocks: int = 6


class Router(nn.Module):
    """How likely it is that the small model's next token leads elsewhere than the large one's (R2R, arXiv
    2505.21600, section 3.3).

    An MLP of residual blocks, four times as wide inside, on the small model's largest logits, its last hidden
    state and the embedding of its likeliest token.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, width = shape, shape.width
        sizes = (shape.logits, shape.states, shape.states)
        self.parts = nn.ModuleList([nn.Linear(size, width) for size in sizes])
        self.join = nn.Linear(3 * width, width)
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(shape.blocks)])
        self.wide = nn.ModuleList([nn.Linear(width, 4 * width) for _ in range(shape.blocks)])
        self.narrow = nn.ModuleList([nn.Linear(4 * width, width) for _ in range(shape.blocks)])
        self.out = nn.Linear(width, 1)

    def forward(self, read: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Log-odds ``[N]`` of what `features` gives."""
        parts = [part(values.float()) for part, values in zip(self.parts, read, strict=True)]
        state = self.join(torch.cat(parts, -1))
        for norm, wide, narrow in zip(self.norms, self.wide, self.narrow, strict=True):
            state = state + narrow(gelu(wide(norm(state))))
        logits: Tensor = self.out(state)[:, 0]
        return logits


def features(model: Any, logits_NV: Tensor, state_ND: Tensor, most: int) -> tuple[Tensor, Tensor, Tensor]:
    """Largest logits ``[N, K]`` in order, last hidden states, embeddings of the likeliest tokens."""
    top_NK, ids_NK = logits_NV.topk(most)
    return top_NK, state_ND, model.get_input_embeddings()(ids_NK[:, 0])


def entropy(logits_NV: Tensor) -> Tensor:
    """Of the next token, in nats."""
    logp_NV = logits_NV.float().log_softmax(-1)
    return -(logp_NV.exp() * logp_NV).sum(-1)


def print_of(model: Any) -> str:
    """What tells a network from others: a digest of its embeddings, in bfloat16 whatever they are kept in."""
    weight = model.get_input_embeddings().weight.detach().to("cpu", torch.bfloat16).contiguous()
    return hashlib.blake2b(weight.view(torch.int16).numpy().tobytes(), digest_size=8).hexdigest()


@dataclass
class Known:
    """A trained router with what was held out: for each token of it the router's probability, the small
    model's entropy and whether it was divergent. ``small`` and ``large`` are the prints of its models."""

    router: Router
    probability_N: Tensor
    entropy_N: Tensor
    divergent_N: Tensor
    small: str = ""
    large: str = ""

    def line(self, by: str, rate: float, recall: float) -> float:
        """The score above which a token is the large model's.

        So that the share ``rate`` of what was held out is or, where that is 0, that the share ``recall`` of
        the divergent tokens is.

        Raises:
            LimbeckError: nothing was held out, or a recall is wanted and nothing of it was divergent.
        """
        if not len(self.probability_N):
            raise LimbeckError("no problem was held out from the router; a larger holdout does")
        score_N = (self.entropy_N if by == "entropy" else self.probability_N).sort().values
        if rate:
            kept = len(score_N) - round(rate * len(score_N))
            return float(score_N[kept - 1]) if kept else -1.0
        positive_P = (self.entropy_N if by == "entropy" else self.probability_N)[self.divergent_N > 0]
        if not len(positive_P):
            raise LimbeckError("no token that was held out is divergent; give a rate, or more traces")
        missed = int((1 - recall) * len(positive_P) + 1e-9)
        lowest = float(positive_P.sort().values[missed])
        below = score_N[score_N < lowest]
        return float(below[-1]) if len(below) else -1.0

    def at(self, by: str, line: float) -> dict[str, float]:
        """Recall of divergent tokens and share of all tokens beyond a line, on what was held out."""
        score_N = self.entropy_N if by == "entropy" else self.probability_N
        beyond_N, divergent_N = score_N > line, self.divergent_N > 0
        caught = int((beyond_N & divergent_N).sum())
        return {"recall": caught / max(1, int(divergent_N.sum())), "rate": float(beyond_N.double().mean())}

    def save(self, folder: Path) -> None:
        """Write it to a folder."""
        from safetensors.torch import save_file

        held = {name: getattr(self, name) for name in HELD}
        tensors = {**{f"router.{name}": value for name, value in self.router.state_dict().items()}, **held}
        told = {"shape": json.dumps(asdict(self.router.shape)), "small": self.small, "large": self.large}
        save_file({name: each.contiguous() for name, each in tensors.items()}, folder / FILE, metadata=told)

    @classmethod
    def load(cls, folder: str) -> Known:
        """Read it from a folder.

        Raises:
            LimbeckError: there is none.
        """
        from safetensors import safe_open

        path = Path(folder) / FILE
        if not path.is_file():
            raise LimbeckError(f"{folder} holds no {FILE}; make one with teachers/token_router")
        with safe_open(path, "pt") as file:
            told = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 not a mapping
        probability_N, entropy_N, divergent_N = (tensors.pop(name) for name in HELD)
        router = Router(Shape(**json.loads(told["shape"])))
        router.load_state_dict({name.removeprefix("router."): each for name, each in tensors.items()})
        models = {"small": told["small"], "large": told["large"]}
        return cls(router.eval(), probability_N, entropy_N, divergent_N, **models)


def learn(
    router: Router, read: tuple[Tensor, Tensor, Tensor], divergent_N: Tensor, held_N: Tensor,
    *, steps: int, batch: int, lr: float, seed: int,
) -> Tensor:  # fmt: skip
    """Train a router by binary cross-entropy, divergent tokens weighing as much as all others together, until
    the loss on what is held out no longer falls.

    Returns:
        Its probability of each token.
    """
    draw = torch.Generator().manual_seed(seed)
    train, held = (~held_N).nonzero()[:, 0], held_N.nonzero()[:, 0]
    weight = (divergent_N[train] == 0).sum() / (divergent_N[train] > 0).sum().clamp(min=1)
    optimizer = torch.optim.AdamW(router.parameters(), lr=lr)
    best, state, idle = float("inf"), router.state_dict(), 0
    every = max(1, steps // 40)
    for step in range(1, steps + 1):
        chosen = train[torch.randint(len(train), (batch,), generator=draw)]
        logits = router(tuple(each[chosen] for each in read))
        loss = binary_cross_entropy_with_logits(logits, divergent_N[chosen].float(), pos_weight=weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % every == 0 and len(held):
            with torch.no_grad():
                logits = router(tuple(each[held] for each in read))
                now = binary_cross_entropy_with_logits(logits, divergent_N[held].float(), pos_weight=weight)
            if float(now) < best:
                best, idle = float(now), 0
                state = {name: value.clone() for name, value in router.state_dict().items()}
            else:
                idle += 1
                if idle >= PATIENCE:
                    break
    router.load_state_dict(state)
    with torch.no_grad():
        probability_N: Tensor = router.eval()(read).sigmoid()
    return probability_N


class States:
    """The small model's last hidden states while it writes: what goes into its head, noted as it passes."""

    def __init__(self, model: Any) -> None:
        self.model, self.last_RD = model, torch.empty(0)
        self.handle = model.get_output_embeddings().register_forward_pre_hook(self._note)

    def _note(self, _: Any, given: tuple[Tensor, ...]) -> None:
        self.last_RD = given[0][:, -1]

    @torch.inference_mode()
    def of(self, rows: Sequence[SampledRow]) -> Tensor:
        """``[R, D]`` at the last token of each row; read anew where the network has just begun with them."""
        if len(self.last_RD) != len(rows):
            longest = max(len(row.seen) for row in rows)
            pads = [longest - len(row.seen) for row in rows]
            ids_RT = torch.tensor([[0] * pad + row.seen for pad, row in zip(pads, rows, strict=True)])
            mask_RT = torch.tensor([[0] * pad + [1] * (longest - pad) for pad in pads])
            ids_RT, mask_RT = ids_RT.to(self.model.device), mask_RT.to(self.model.device)
            places_RT = (mask_RT.cumsum(-1) - 1).clamp(min=0)
            self.model(input_ids=ids_RT, attention_mask=mask_RT, position_ids=places_RT, logits_to_keep=1)
        return self.last_RD

    def close(self) -> None:
        """Nothing is noted any more."""
        self.handle.remove()
