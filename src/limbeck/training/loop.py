"""One loop for every objective: micro-batch, policy, objective, backward; divide once; step; record.

It reads what an objective needs, never its name. Everything random in a step comes from the run's seed and the step's
number, so a run that was killed continues exactly as it would have gone on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from limbeck.errors import LimbeckError
from limbeck.objectives.ops import Signal
from limbeck.pipeline.context import Context
from limbeck.training.batch import Batch, Items, collate, cut, order
from limbeck.training.logp import Policy, TokenLogp
from limbeck.training.reference import reference_logps
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
    """AdamW, fused where the device has it; weight decay on matrices only, as usual: not on norms and biases."""
    parameters = list(trainable(module).values())
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    fused = all(p.device.type in ("cpu", "cuda") for p in parameters)
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=settings.lr, betas=settings.betas, fused=fused)


class Loop:
    """A training run in a folder. ``run`` starts it, or continues it from ``state/last.pt``."""

    def __init__(
        self,
        model: nn.Module,
        data: Items,
        objective: Callable[..., Any],
        needs: Sequence[str],
        settings: Settings,
        ctx: Context,
    ) -> None:
        from limbeck.training.setup import make_accelerator

        self.data, self.objective, self.needs, self.settings, self.ctx = data, objective, needs, settings, ctx
        self.accelerator = make_accelerator(settings.track, ctx.dir)
        module = TokenLogp(model.to(self.accelerator.device), settings.dtype).train()
        self.plain = module
        self.module, self.optimizer = self.accelerator.prepare(module, make_optimizer(module, settings))
        self.parameters = list(trainable(module).values())
        self.reference: dict[str, float] = {}
        self.curve: list[dict[str, float]] = []
        self.tokens, self.seconds = 0, 0.0

    @property
    def state_path(self) -> Path:
        return self.ctx.dir / "state" / "last.pt"

    def run(self) -> list[dict[str, float]]:
        """Train to the last step; returns the curve, also written to ``curve.parquet``.

        Raises:
            LimbeckError: a loss or gradient that is not finite. The last good state stays.
        """
        settings = self.settings
        if "reference" in self.needs:
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
                if settings.save_every and (number + 1) % settings.save_every == 0 and number + 1 < settings.steps:
                    self._save(number + 1)
        if self.accelerator.is_main_process:
            write_curve(self.ctx.dir / "curve.parquet", self.curve)
        if settings.track:
            self.accelerator.end_training()
        return self.curve

    def _refer(self) -> None:
        visited = order(len(self.data), self.settings.seed, 0, self.settings.drawn)
        rows = {row.id: row for index in sorted(set(visited.tolist())) for row in self.data.items[index].rows}
        path, budget = self.ctx.dir / "reference.npz", self.settings.max_tokens_per_microbatch
        self.reference = reference_logps(
            self.module, self.accelerator, list(rows.values()), path, budget, self.data.pad_id, self.ctx
        )

    def _signal(self, batch: Batch) -> Signal:
        if not self.reference:
            return Signal()
        values = [self.reference[name] for name in batch.ids]
        return Signal(torch.tensor(values, dtype=torch.float32, device=self.accelerator.device))

    def _resume(self) -> int:
        state = load_state(self.state_path, self.settings.fingerprint)
        if state is None:
            return 0
        restore(state, self.plain, self.optimizer)
        self.curve, self.tokens, self.seconds = state["curve"], state["tokens"], state["seconds"]
        self.ctx.log(f"continues after step {state['step']:,}")
        return state["step"]

    def _save(self, step: int) -> None:
        if self.accelerator.is_main_process:
            progress = {"step": step, "tokens": self.tokens, "seconds": self.seconds, "curve": self.curve}
            save_state(
                self.state_path, self.plain, self.optimizer, {**progress, "fingerprint": self.settings.fingerprint}
            )
            write_curve(self.ctx.dir / "curve.parquet", self.curve)

    def _step(self, number: int) -> dict[str, float]:
        """One optimizer step; returns its row of the curve."""
        settings, accelerator = self.settings, self.accelerator
        ranks, rank = accelerator.num_processes, accelerator.process_index
        torch.manual_seed(hash((settings.seed, number, rank)))
        stop = min((number + 1) * settings.batch, settings.drawn)
        drawn = order(len(self.data), settings.seed, number * settings.batch, stop)
        items = [self.data.items[index] for index in drawn]
        try:
            names, sums, batches = self._backward(cut(items, settings.max_tokens_per_microbatch, rank, ranks))
        except torch.OutOfMemoryError as error:
            raise LimbeckError(
                f"step {number + 1}: out of memory at max_tokens_per_microbatch={settings.max_tokens_per_microbatch}; "
                f"lower it or set gradient_checkpointing: true (longest row: {max(i.width for i in items):,} tokens)"
            ) from error
        whole = torch.stack(sums).sum(0)
        whole = accelerator.reduce(whole, "sum") if ranks > 1 else whole
        loss_sum, count, *metrics = whole.tolist()
        loss = loss_sum / count if count else math.nan
        if not math.isfinite(loss):
            losses = torch.stack(sums)[:, 0].tolist()
            bad = [batch for batch, value in zip(batches, losses, strict=True) if not math.isfinite(value)]
            raise self._not_finite(number, "loss", loss, bad or batches)
        for parameter in self.parameters:
            if parameter.grad is not None:
                # The exchange between ranks has averaged; the division wanted is by the count over all of them.
                parameter.grad.mul_(ranks / count)
        norm = float(accelerator.clip_grad_norm_(self.parameters, settings.clip or math.inf))
        if not math.isfinite(norm):
            raise self._not_finite(number, "gradient norm", norm, batches)
        lr = rate(number, settings)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.tokens += sum(item.tokens for item in items)
        means = {name: total / weight for name, total, weight in zip(names, metrics[::2], metrics[1::2], strict=True)}
        return {"step": number + 1, "loss": loss, "lr": lr, "grad_norm": norm, **means}

    def _backward(self, parts: list[list[Any]]) -> tuple[list[str], list[torch.Tensor], list[Batch]]:
        """Add the gradients of all micro-batches' sums; gradients travel between ranks with the last one only."""
        names: list[str] = []
        sums, batches = [], []
        for index, part in enumerate(parts):
            batch = collate(part, self.data.pad_id).to(self.accelerator.device)
            alone = self.accelerator.num_processes == 1 or index == len(parts) - 1
            with nullcontext() if alone else self.accelerator.no_sync(self.module):
                policy = Policy.of(self.module(batch.ids_BT, batch.index_N, batch.target_N), batch)
                loss = self.objective(batch, policy, self._signal(batch))
                loss.sum.backward()
            names = list(loss.metrics)
            pairs = [value for both in loss.metrics.values() for value in both]
            sums.append(torch.stack([loss.sum.detach(), loss.count, *pairs]))
            batches.append(batch)
        return names, sums, batches

    def _not_finite(self, number: int, what: str, value: float, batches: list[Batch]) -> LimbeckError:
        ids = list(dict.fromkeys(name for batch in batches for name in batch.ids))
        shown = ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")
        kept = f"; the last good state is {self.state_path}" if self.state_path.exists() else ""
        return LimbeckError(
            f"step {number + 1}: the {what} is {value} on traces {shown}{kept}. A lower lr, a longer warmup or clip=1 "
            "may help; if the step is always the same, look at these traces"
        )
