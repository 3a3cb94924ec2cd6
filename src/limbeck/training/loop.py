"""One loop for every objective: micro-batch, policy, objective, backward; divide once; step; record.

It reads what an objective needs, never its name. Everything random in a step comes from the run's seed and
the step's number, so a run that was killed continues exactly as it would have gone on.
"""

from __future__ import annotations

import math
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from limbeck.networks.batch import Batch, Item, Items, collate
from limbeck.networks.cutting import cut
from limbeck.networks.policy import Network, run
from limbeck.networks.probe import undisturbed
from limbeck.pipeline.context import Context
from limbeck.training import trouble
from limbeck.training.curriculum import make_order
from limbeck.training.holdout import Holdout
from limbeck.training.job import Job
from limbeck.training.needs import wants_whole_step
from limbeck.training.optimizer import make_optimizer, rate
from limbeck.training.reference import reference_logps
from limbeck.training.rollout import Rollouts
from limbeck.training.signals import Signals
from limbeck.training.state import load_state, restore, save_state, tell_of_another, trainable, write_curve


class Loop:
    """A training run in a folder. ``run`` starts it, or continues it from ``state/last.pt``.

    Args:
        identity: what a saved state must have in common with this run; see `Job.fingerprint`.
    """

    def __init__(
        self, student: Network, data: Items, job: Job, identity: str, ctx: Context, accelerator: Any,
        signals: Signals, rollouts: Rollouts | None = None, holdout: Holdout | None = None,
    ) -> None:  # fmt: skip
        self.data, self.identity, self.idle, self.ctx = data, identity, job.idle, ctx
        self.objective, self.needs, self.stepping, self.running = (
            job.objective, job.needs, job.stepping, job.running
        )  # fmt: skip
        self.steps, self.drawn = job.stepping.lengths(len(data))
        self.accelerator, self.signals, self.rollouts = accelerator, signals, rollouts
        self.holdout, self.plain = holdout, student.train()
        self.order = make_order(data, job, student, ctx)
        optimizer = make_optimizer(student, job.stepping)
        self.module, self.optimizer = accelerator.prepare(student, optimizer)
        self.parameters = list(trainable(student).values())
        self.curve: list[dict[str, float]] = []
        self.tokens, self.seconds = 0, 0.0
        self.rolled: list[Item] = []
        self.warned = False
        # In float32, sums stay as they were when recipes were measured.
        self.closely = student.dtype is not None and not wants_whole_step(job.objective)
        signals.memory = dict(getattr(job.objective.module, "START", {}))

    @property
    def state_path(self) -> Path:
        return self.ctx.dir / "state" / "last.pt"

    def run(self) -> list[dict[str, float]]:
        """Train to the last step; returns the curve, also written to ``curve.parquet``.

        Raises:
            LimbeckError: a loss or gradient that is not finite. The last good state stays.
        """
        if "reference" in self.needs and self.signals.reference is None:
            self._refer()
        start = self._resume()
        before, begun = self.seconds, time.perf_counter()
        with self.ctx.progress(self.steps, done=start) as bar:
            for number in range(start, self.steps):
                row = self._step(number)
                stops = self.holdout is not None and self._evaluate(self.holdout, number + 1, row)
                self.seconds = before + time.perf_counter() - begun
                self.curve.append({**row, "tokens": self.tokens, "seconds": self.seconds})
                if self.running.track:
                    self.accelerator.log(row, step=number + 1)
                speed = self.tokens / max(self.seconds, 1e-9)
                bar.advance(note=f"loss {row['loss']:.4f}  {speed:,.0f} tokens/s")
                if stops:
                    self.ctx.log(f"stopped after step {number + 1:,} of {self.steps:,}")
                    break
                if self._pauses(number + 1):
                    self._save(number + 1)
        if self.running.save_every and start < self.steps:
            self._save(self.steps)  # the student is saved next, which may fail and must cost no step
        if skipped := sum(row.get("skipped", 0.0) for row in self.curve):
            told = f"{skipped:,.0f} of {len(self.curve):,} steps"
            self.ctx.log(f"{told} had nothing to learn from (all weighed 0 or was left out) and were skipped")
        if self.holdout is not None:
            self.holdout.to_best(self.plain, self.ctx)
        if self.accelerator.is_main_process:
            write_curve(self.ctx.dir / "curve.parquet", self.curve)
        if self.running.track:
            self.accelerator.end_training()
        return self.curve

    def _refer(self) -> None:
        items = [self.data.items[index] for index in sorted(self.order.ever(self.drawn))]
        items += self.holdout.items if self.holdout else []
        rows = {row.id: row for item in items for row in item.rows}
        self.signals.known = reference_logps(
            self.plain, list(rows.values()), self.ctx.dir / "reference.npz",
            self.running.max_tokens_per_microbatch, self.ctx, self.accelerator,
        )  # fmt: skip

    def _pauses(self, done: int) -> bool:
        """Whether to save here: not while rollouts are being used again, for they are not part of the
        state."""
        every, reuse = self.running.save_every, self.stepping.reuse
        return (
            bool(every)
            and done < self.steps
            and done % reuse == 0
            and done // every > (done - reuse) // every
        )

    def _resume(self) -> int:
        state = load_state(self.state_path, self.identity, self.idle, self.ctx.log)
        if state is None:
            tell_of_another(self.ctx.dir, self.identity, self.idle, self.ctx.log)
            return 0
        restore(state, self.plain, self.optimizer)
        self.curve, self.tokens, self.seconds = state["curve"], state["tokens"], state["seconds"]
        self.signals.memory = state["memory"]
        self.order.restore(state.get("order", {}))
        if self.rollouts is not None:
            # A state of 0.1.0 calls it "crew".
            self.rollouts.context.memory = state.get("context", state.get("crew", {}))
        if self.holdout is not None:
            self.holdout.restore(state["holdout"])
        self.ctx.log(f"continues after step {state['step']:,}")
        return int(state["step"])

    def _save(self, step: int) -> None:
        if self.accelerator.is_main_process:
            progress = {
                "step": step, "tokens": self.tokens, "seconds": self.seconds, "curve": self.curve,
                "memory": self.signals.memory, "fingerprint": self.identity,
                "context": self.rollouts.context.memory if self.rollouts else {},
                "holdout": self.holdout.state() if self.holdout else {}, "order": self.order.state(),
            }  # fmt: skip
            save_state(self.state_path, self.plain, self.optimizer, progress)
            write_curve(self.ctx.dir / "curve.parquet", self.curve)

    def _items(self, number: int) -> list[Item]:
        """What step ``number`` trains on: stored items, or rollouts, which ``reuse`` steps have in common."""
        stepping = self.stepping
        first = number - number % stepping.reuse
        if self.rollouts is not None and number != first and self.rolled:
            return self.rolled
        begin = first // stepping.reuse * stepping.batch
        drawn = self.order.drawn(begin, min(begin + stepping.batch, self.drawn))
        items = [self.data.items[index] for index in drawn]
        if self.rollouts is None:
            return items
        context = self.rollouts.context
        context.seed = hash((stepping.seed, first)) % 2**63
        context.step, context.progress = first, first / self.steps
        torch.manual_seed(hash((stepping.seed, first, self.accelerator.process_index, 1)))
        if self.curve:
            context.memory["loss"] = self.curve[-1]["loss"]
        self.rolled = self.rollouts.items(items, self.accelerator)
        return self.rolled

    def _step(self, number: int) -> dict[str, float]:
        """One optimizer step; returns its row of the curve."""
        accelerator, ranks = self.accelerator, self.accelerator.num_processes
        lr = rate(number, self.steps, self.stepping)
        items = self._items(number)
        if not any(item.weighs for item in items):  # or every rollout was left out by its reward
            return self._skipped(number, lr)
        torch.manual_seed(hash((self.stepping.seed, number, accelerator.process_index)))
        self.signals.progress = number / self.steps
        budget = self.running.max_tokens_per_microbatch
        parts = cut(items, budget, accelerator.process_index, ranks, self.closely)
        self._warn_of_cut(number, items, len(parts) * ranks)
        try:
            names, sums, batches = self._backward(parts)
        except torch.OutOfMemoryError as error:
            raise trouble.out_of_memory(number, budget, items) from error
        whole = torch.stack(sums).sum(0)
        whole = accelerator.reduce(whole, "sum") if ranks > 1 else whole
        loss_sum, count, *metrics = whole.tolist()
        if not count and not loss_sum:  # the objective gives no weight to any of it
            self.optimizer.zero_grad(set_to_none=True)
            return self._skipped(number, lr)
        loss = loss_sum / count if count else math.nan
        if not math.isfinite(loss):
            losses = torch.stack(sums)[:, 0].tolist()
            bad = [batch for batch, value in zip(batches, losses, strict=True) if not math.isfinite(value)]
            raise trouble.not_finite(number, "loss", loss, bad or batches, self.state_path)
        norm = self._update(lr, ranks / count)
        if not math.isfinite(norm):
            raise trouble.not_finite(number, "gradient norm", norm, batches, self.state_path)
        self.tokens += sum(item.tokens for item in items)
        pairs = zip(names, metrics[::2], metrics[1::2], strict=True)
        means = {name: total / weight for name, total, weight in pairs if weight}
        self._remember({**means, "loss": loss, "progress": (number + 1) / self.steps})
        shown = self.rollouts.context.shown if self.rollouts else {}
        return {"step": number + 1, "loss": loss, "lr": lr, "grad_norm": norm, **means, **shown}

    def _skipped(self, number: int, lr: float) -> dict[str, float]:
        """The row of a step with nothing to learn from: the last one's numbers, marked ``skipped``."""
        last = {**self.curve[-1]} if self.curve else {"loss": 0.0, "grad_norm": 0.0}
        last.pop("val_loss", None)
        return {**last, "step": number + 1, "lr": lr, "skipped": 1.0}

    def _warn_of_cut(self, number: int, items: list[Item], parts: int) -> None:
        """Say once where a step is in several pieces and the objective compares what is in one."""
        if parts == 1 or self.warned or not wants_whole_step(self.objective):
            return
        self.warned = True
        # Rollouts may grow; of stored rows the longest is known.
        widest = max(item.width for item in (items if self.rollouts else self.data.items))
        room = self.stepping.batch * len(items[0].rows) * widest
        remedy = f"max_tokens_per_microbatch: {room} keeps a step whole"
        if self.accelerator.num_processes > 1:
            remedy = "one process, with room for a step in max_tokens_per_microbatch, keeps it whole"
        self.ctx.log(
            f"step {number + 1} is cut into {parts}, and objective {self.objective.name!r} compares only "
            f"what is in one piece: {remedy}"
        )

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
        norm = float(self.accelerator.clip_grad_norm_(self.parameters, self.stepping.clip or math.inf))
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
                policy = run(self.module, self.plain, batch)
                # The policy's: a network with a way of its own weighs tokens as it reads them.
                loss = self.objective(policy.batch, policy, self.signals.of(part, batch))
                loss.sum.backward()
            names = list(loss.metrics)
            pairs = [value for both in loss.metrics.values() for value in both]
            sums.append(
                torch.stack([loss.sum.detach(), *[value.to(loss.sum) for value in (loss.count, *pairs)]])
            )
            batches.append(batch)
        return names, sums, batches

    def _evaluate(self, holdout: Holdout, done: int, row: dict[str, float]) -> bool:
        """Where it is due, the objective's loss on what is held out, into ``row``; whether training should
        stop."""
        if not holdout.due(done, self.steps):
            return False
        rank, ranks = self.accelerator.process_index, self.accelerator.num_processes
        size = self.stepping.batch
        total = torch.zeros(2, device=self.accelerator.device, dtype=torch.float64)
        # Whatever is random in an objective is the same at every evaluation.
        torch.manual_seed(hash((self.stepping.seed, -1, rank)))
        with undisturbed([self.plain]):
            for first in range(0, len(holdout.items), size):
                items = holdout.items[first : first + size]
                for part in cut(items, self.running.max_tokens_per_microbatch, rank, ranks):
                    batch = collate(part, self.data.pad_id).to(self.accelerator.device)
                    policy = run(self.plain, self.plain, batch)
                    loss = self.objective(policy.batch, policy, self.signals.of(part, batch))
                    total += torch.stack([loss.sum, loss.count.to(loss.sum)]).double()
        loss_sum, count = (self.accelerator.reduce(total, "sum") if ranks > 1 else total).tolist()
        row["val_loss"] = loss_sum / count if count else math.nan
        return holdout.stops(done, row["val_loss"], self.plain)
