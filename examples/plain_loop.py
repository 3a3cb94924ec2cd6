"""REDI in plain code: training as this toolkit does it, from the first line to the last, without the toolkit.

A teacher has answered questions, sometimes wrongly. Stage 1 learns its right traces by supervised
fine-tuning. Stage 2 takes pairs of a right and a wrong trace of one problem: the right one is made likelier
and the wrong one less likely, but by less (REDI, arXiv 2505.24850). The student here is a transformer of
random weights with a few thousand parameters, so all runs on a CPU in seconds::

    python examples/plain_loop.py

`limbeck.training` computes the same losses, step by step; a test holds the two together. What it adds is what
long runs need: micro-batches of rows of like length, a head that never holds [tokens, vocabulary], many
processes, going on after a kill, references, teachers, rollouts and rewards.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

# question, right trace, wrong trace. A trace is the reasoning and the answer, as one text.
TRACES = [
    ("2+3", "2 and 3 make 5", "2 and 3 make 6"),
    ("4+1", "4 and 1 make 5", "4 and 1 make 4"),
    ("3+3", "3 and 3 make 6", "3 and 3 make 9"),
    ("1+6", "1 and 6 make 7", "1 and 6 make 6"),
    ("5+2", "5 and 2 make 7", "5 and 2 make 8"),
    ("4+4", "4 and 4 make 8", "4 and 4 make 9"),
    ("6+2", "6 and 2 make 8", "6 and 2 make 4"),
    ("5+4", "5 and 4 make 9", "5 and 4 make 7"),
]
END = "\n"
LETTERS = sorted({END, ":", *"".join(text for example in TRACES for text in example)})


@dataclass(frozen=True)
class Row:
    """A trace as token ids: the prompt up to ``start``, from there what is trained."""

    ids: list[int]
    start: int


def encode(question: str, trace: str) -> Row:
    """One token per character. The end of the turn is trained like any other token, or the student would not
    know when to stop."""
    prompt, completion = f"{question}:", f"{trace}{END}"
    return Row([LETTERS.index(letter) for letter in prompt + completion], len(prompt))


def completion_logps(model: nn.Module, rows: list[Row]) -> tuple[Tensor, Tensor]:
    """Log-probability of each row's completion in nats, ``logp_B``, and its number of tokens, ``count_B``."""
    width = max(len(row.ids) for row in rows)
    ids_BT = torch.zeros(len(rows), width, dtype=torch.long)
    trained_BT = torch.zeros(len(rows), width, dtype=torch.bool)
    for index, row in enumerate(rows):
        ids_BT[index, : len(row.ids)] = torch.tensor(row.ids)
        trained_BT[index, row.start : len(row.ids)] = True
    # Attention looks back only and padding comes last, so no trained token sees it and no mask is needed.
    logits_BTV = model(input_ids=ids_BT).logits
    # The logits at a position predict the token after it: hence the shift by one.
    logp_BT = logits_BTV[:, :-1].log_softmax(-1).gather(-1, ids_BT[:, 1:, None])[..., 0]
    return (logp_BT * trained_BT[:, 1:]).sum(1), trained_BT[:, 1:].sum(1)


def sft_loss(model: nn.Module, rows: list[Row]) -> Tensor:
    """Stage 1. Divided by all tokens of the batch, not row by row: every token weighs the same, as in
    pre-training."""
    logp_B, count_B = completion_logps(model, rows)
    return -logp_B.sum() / count_B.sum()


def redi_loss(model: nn.Module, pairs: list[tuple[Row, Row]], alpha: float = 0.8) -> Tensor:
    """Stage 2: mean over pairs of ``-m(right) + alpha * m(wrong)``, ``m`` the mean log-probability per token.

    ``m`` is a mean because a sum would push long traces hardest, for their length alone. ``-m(right)`` has a
    floor at 0 and ``alpha * m(wrong)`` has none: a wrong trace can become ever less likely, and what it
    shares with right ones goes down with it. So ``alpha`` is below 1, the rate low, the gradient clipped.
    """
    # One pass for both sides: right rows first, then wrong ones.
    logp_B, count_B = completion_logps(model, [right for right, _ in pairs] + [wrong for _, wrong in pairs])
    right_P, wrong_P = (logp_B / count_B).chunk(2)
    return (alpha * wrong_P - right_P).mean()


def drawn(count: int, seed: int, start: int, stop: int) -> list[int]:
    """Places ``start`` to ``stop`` of an endless stream in which every epoch is a new permutation.

    A function of its arguments alone: a run that was killed at step k draws again what it would have drawn.
    """
    epochs = range(start // count, (stop - 1) // count + 1)
    stream = np.concatenate([np.random.default_rng([seed, epoch]).permutation(count) for epoch in epochs])
    return stream[start - epochs[0] * count :][: stop - start].tolist()


def rate(step: int, steps: int, lr: float, warmup: float = 0.1) -> float:
    """Linear up to ``lr`` over the first tenth, then linear to zero.

    Adam's moments mean little at first, and a full step on them can undo what is known.
    """
    warm = round(warmup * steps)
    return lr * (step + 1) / warm if step < warm else lr * (1 - (step - warm) / max(1, steps - warm))


def train(
    model: nn.Module, items: list, loss_of: Callable[[nn.Module, list], Tensor], steps: int, batch: int,
    lr: float, seed: int = 0,
) -> list[float]:  # fmt: skip
    """Minimise ``loss_of(model, items)`` over batches drawn at random; returns the loss of each step."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.0)
    model.train()
    losses = []
    for step in range(steps):
        chosen = [items[place] for place in drawn(len(items), seed, step * batch, (step + 1) * batch)]
        loss = loss_of(model, chosen)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            raise RuntimeError(f"step {step + 1}: the loss is {losses[-1]}; a lower rate may help")
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = rate(step, steps, lr)
        optimizer.step()
        optimizer.zero_grad()
    return losses


@torch.no_grad()
def margin(model: nn.Module, pairs: list[tuple[Row, Row]]) -> float:
    """By how many nats per token right traces are likelier than wrong ones, in the mean."""
    right, wrong = (completion_logps(model, list(side)) for side in zip(*pairs, strict=True))
    return float((right[0] / right[1]).mean() - (wrong[0] / wrong[1]).mean())


def student() -> nn.Module:
    """A transformer that knows nothing yet."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 88, "num_hidden_layers": 2, "num_attention_heads": 4}
    return LlamaForCausalLM(LlamaConfig(vocab_size=len(LETTERS), max_position_embeddings=64, **sizes))


def main() -> None:
    pairs = [(encode(question, right), encode(question, wrong)) for question, right, wrong in TRACES]
    model = student()
    print(f"start:   right traces are likelier by {margin(model, pairs):+.3f} nats per token")
    losses = train(model, [right for right, _ in pairs], sft_loss, steps=60, batch=4, lr=1e-2)
    print(f"stage 1: loss {losses[0]:.3f} → {losses[-1]:.3f}, margin {margin(model, pairs):+.3f}")
    losses = train(model, pairs, redi_loss, steps=30, batch=4, lr=1e-3)
    print(f"stage 2: loss {losses[0]:.3f} → {losses[-1]:.3f}, margin {margin(model, pairs):+.3f}")


if __name__ == "__main__":
    main()
