"""One loop for every objective: micro-batch, policy, objective, backward; divide once; step; record.

It reads what an objective needs, never its name. Everything random in a step comes from the run's seed and
the step's number, so a run that was killed continues exactly as it would have gone on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from limbeck.errors import LimbeckError
from limbeck.networks.batch import Batch, Item, Items, collate, cut, order
from limbeck.networks.policy import Network, run
from limbeck.pipeline.context import Context
from limbeck.training.reference import reference_logps
from limbeck.training.rollout import Rollouts
from limbeck.training.signals import Signals
from limbeck.training.state import load_state, restore, save_state, trainable, write_curve


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; see `limbeck.training.fit.fit`. ``drawn`` is how many items all steps together draw."""

    steps: int
    drawn: int
    batch: int
    lr: float
    betas: tuple[float, float]
    weight_decay: float
    warmup: float
    schedule: str
    clip: float
    seed: int
    max_tokens_per_microbatch: int
    save_every: int
    dtype: torch.dtype | None
    reuse: int
    track: str
    fingerprint: str


def rate(step: int, settings: Settings) -> float:
    """Learning rate of step 0, 1, …: linear warm-up, then the schedule. No step has rate zero."""
    warm = round(settings.warmup * settings.steps)
    if step < warm:
        return settings.lr * (step + 1) / warm
    if settings.schedule == "constant":
        return settings.lr
    gone = (step - warm) / max(1, settings.steps - warm)
    return settings.lr * (1 - gone if settings.schedule == "linear" else (1 + math.cos(math.pi * gone)) / 2)


def make_optimizer(module: nn.Module, settings: Settings) -> torch.optim.AdamW:
    """AdamW, fused where the device has it; weight decay on matrices only, as usual: not on norms and
    biases."""
    parameters = list(trainable(module).values())
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    fused = all(p.device.type in ("cpu", "cuda") for p in parameters)
    return torch.optim.AdamW(
        [g for g in groups if g["params"]], lr=settings.lr, betas=settings.betas, fused=fused
    )


class Loop:
    """A training run in a folder. ``run`` starts it, or continues it from ``state/last.pt``."""

    def __init__(
        self, student: Network, data: Items, objective: Any, needs: Sequence[str], settings: Settings,
        ctx: Context,
        accelerator: Any, signals: Signals, rollouts: Rollouts | None = None,
    ) -> None:  # fmt: skip
        self.data, self.objective, self.needs, self.settings, self.ctx = data, objective, needs, settings, ctx
        self.accelerator, self.signals, self.rollouts = accelerator, signals, rollouts
        self.plain = student.train()
        self.module, self.optimizer = accelerator.prepare(student, make_optimizer(student, settings))
        self.parameters = list(trainable(student).values())
        self.curve: list[dict[str, float]] = []
        self.tokens, self.seconds = 0, 0.0
        self.rolled: list[Item] = []
        signals.memory = dict(getattr(objective.module, "START", {}))

    @property
    def state_path(self) -> Path:
        return self.ctx.dir / "state" / "last.pt"

    def run(self) -> list[dict[str, float]]:
        """Train to the last step; returns the curve, also written to ``curve.parquet``.

        Raises:
            LimbeckError: a loss or gradient that is not finite. The last good state stays.
        """
        settings = self.settings
        if "reference" in self.needs and self.signals.reference is None:
            self._refer()
        start = self._resume()
        before, begun = self.seconds, time.perf_counter()
        with self.ctx.progress(settings.steps, done=start) as bar:
            for number in range(start, settings.steps):
                row = self._step(number)
                self.seconds = before + time.perf_counter() - begun
                self.curve.append({**row, "tokens": self.tokens, "seconds": self.seconds})
                if settings.track:
                    self.accelerator.log(row, step=number + 1)
                speed = self.tokens / max(self.seconds, 1e-9)
                bar.advance(note=f"loss {row['loss']:.4f}  {speed:,.0f} tokens/s")
                if self._pauses(number + 1):
                    self._save(number + 1)
        if self.accelerator.is_main_process:
            write_curve(self.ctx.dir / "curve.parquet", self.curve)
        if settings.track:
            self.accelerator.end_training()
        return self.curve

    def _refer(self) -> None:
        visited = order(len(self.data), self.settings.seed, 0, self.settings.drawn)
        rows = {row.id: row for index in sorted(set(visited.tolist())) for row in self.data.items[index].rows}
        self.signals.known = reference_logps(
            self.plain, list(rows.values()), self.ctx.dir / "reference.npz",
            self.settings.max_tokens_per_microbatch, self.ctx, self.accelerator,
        )  # fmt: skip

    def _pauses(self, done: int) -> bool:
        """Whether to save here: not while rollouts are being used again, for they are not part of the
        state."""
        every, reuse = self.settings.save_every, self.settings.reuse
        return (
            bool(every)
            and done < self.settings.steps
            and done % reuse == 0
            and done // every > (done - reuse) // every
        )

    def _resume(self) -> int:
        state = load_state(self.state_path, self.settings.fingerprint)
        if state is None:
            return 0
        restore(state, self.plain, self.optimizer)
        self.curve, self.tokens, self.seconds = state["curve"], state["tokens"], state["seconds"]
        self.signals.memory = state["memory"]
        if self.rollouts is not None:
            self.rollouts.context.memory = state["context"]
        self.ctx.log(f"continues after step {state['step']:,}")
        return state["step"]

    def _save(self, step: int) -> None:
        if self.accelerator.is_main_process:
            progress = {
                "step": step, "tokens": self.tokens, "seconds": self.seconds, "curve": self.curve,
                "memory": self.signals.memory, "context": self.rollouts.context.memory if self.rollouts else {},
                "fingerprint": self.settings.fingerprint,
            }  # fmt: skip
            save_state(self.state_path, self.plain, self.optimizer, progress)
            write_curve(self.ctx.dir / "curve.parquet", self.curve)

    def _items(self, number: int) -> list[Item]:
        """What step ``number`` trains on: stored items, or rollouts, which ``reuse`` steps have in common."""
        settings = self.settings
        first = number - number % settings.reuse
        if self.rollouts is not None and number != first and self.rolled:
            return self.rolled
        stop = min((first // settings.reuse + 1) * settings.batch, settings.drawn)
        drawn = order(len(self.data), settings.seed, first // settings.reuse * settings.batch, stop)
        items = [self.data.items[index] for index in drawn]
        if self.rollouts is None:
            return items
        context = self.rollouts.context
        context.seed, context.step, context.progress = (
            hash((settings.seed, first)) % 2**63,
            first,
            first / settings.steps,
        )
        torch.manual_seed(hash((settings.seed, first, self.accelerator.process_index, 1)))
        if self.curve:
            context.memory["loss"] = self.curve[-1]["loss"]
        self.rolled = self.rollouts.items(items, self.accelerator)
        return self.rolled

    def _step(self, number: int) -> dict[str, float]:
        """One optimizer step; returns its row of the curve."""
        settings, accelerator = self.settings, self.accelerator
        ranks, rank = accelerator.num_processes, accelerator.process_index
        lr = rate(number, settings)
        items = self._items(number)
        if not items:
            # Every rollout was left out by its reward: nothing to learn here.
            return {
                **(self.curve[-1] if self.curve else {"loss": 0.0, "grad_norm": 0.0}),
                "step": number + 1,
                "lr": lr,
            }
        torch.manual_seed(hash((settings.seed, number, rank)))
        self.signals.progress = number / settings.steps
        try:
            names, sums, batches = self._backward(cut(items, settings.max_tokens_per_microbatch, rank, ranks))
        except torch.OutOfMemoryError as error:
            raise LimbeckError(
                f"step {number + 1}: out of memory at "
                f"max_tokens_per_microbatch={settings.max_tokens_per_microbatch}; "
                f"lower it or set gradient_checkpointing: true (longest row: {max(i.width for i in items):,} "
                "tokens)"
            ) from error
        whole = torch.stack(sums).sum(0)
        whole = accelerator.reduce(whole, "sum") if ranks > 1 else whole
        loss_sum, count, *metrics = whole.tolist()
        loss = loss_sum / count if count else math.nan
        if not math.isfinite(loss):
            losses = torch.stack(sums)[:, 0].tolist()
            bad = [batch for batch, value in zip(batches, losses, strict=True) if not math.isfinite(value)]
            raise self._not_finite(number, "loss", loss, bad or batches)
        norm = self._update(lr, ranks / count)
        if not math.isfinite(norm):
            raise self._not_finite(number, "gradient norm", norm, batches)
        self.tokens += sum(item.tokens for item in items)
        pairs = zip(names, metrics[::2], metrics[1::2], strict=True)
        means = {name: total / weight for name, total, weight in pairs if weight}
        self._remember({**means, "loss": loss, "progress": (number + 1) / settings.steps})
        shown = self.rollouts.context.shown if self.rollouts else {}
        return {"step": number + 1, "loss": loss, "lr": lr, "grad_norm": norm, **means, **shown}

    def _update(self, lr: float, scale: float) -> float:
        """Scale the gradients, clip them, step; returns their norm before clipping."""
        for parameter in self.parameters:
            if parameter.grad is not None:
                # The exchange between ranks has averaged; the division wanted is by the count over all of
                # them.
                parameter.grad.mul_(scale)
                if self.plain.extra is not None and not parameter.grad.any():
                    # It rests: decay and earlier moments are not to move it, nor zeros to fill those.
                    parameter.grad = None
        norm = float(self.accelerator.clip_grad_norm_(self.parameters, self.settings.clip or math.inf))
        if math.isfinite(norm):
            for group in self.optimizer.param_groups:
                group["lr"] = lr
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        return norm

    def _remember(self, metrics: dict[str, float]) -> None:
        """Let the objective carry its own numbers to the next step."""
        if hasattr(self.objective.module, "after"):
            self.signals.memory = self.objective.module.after(
                self.signals.memory, metrics, **self.objective.params
            )

    def _backward(self, parts: list[list[Item]]) -> tuple[list[str], list[torch.Tensor], list[Batch]]:
        """Add the gradients of all micro-batches' sums; gradients travel between ranks with the last one
        only."""
        names: list[str] = []
        sums, batches = [], []
        for index, part in enumerate(parts):
            batch = collate(part, self.data.pad_id).to(self.accelerator.device)
            alone = self.accelerator.num_processes == 1 or index == len(parts) - 1
            with nullcontext() if alone else self.accelerator.no_sync(self.module):
                loss = self.objective(
                    batch, run(self.module, self.plain, batch), self.signals.of(part, batch)
                )
                loss.sum.backward()
            names = list(loss.metrics)
            pairs = [value for both in loss.metrics.values() for value in both]
            sums.append(
                torch.stack([loss.sum.detach(), *[value.to(loss.sum) for value in (loss.count, *pairs)]])
            )
            batches.append(batch)
        return names, sums, batches

    def _not_finite(self, number: int, what: str, value: float, batches: list[Batch]) -> LimbeckError:
        ids = list(dict.fromkeys(name for batch in batches for name in batch.ids))
        shown = ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")
        kept = f"; the last good state is {self.state_path}" if self.state_path.exists() else ""
        return LimbeckError(
            f"step {number + 1}: the {what} is {value} on traces {shown}{kept}. A lower lr, a longer warmup "
            "or clip=1 "
            "may help; if the step is always the same, look at these traces"
        )
