"""Before a step: new traces in place of stored ones, and what they are rewarded with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.networks.batch import Item, grouped
from limbeck.pipeline.arrow import to_table
from limbeck.pipeline.store import write_table
from limbeck.records import Group, Trace
from limbeck.rewards.ops import Reward
from limbeck.rollouts.ops import Rollout
from limbeck.training.rollout_context import RolloutContext


class Rollouts:
    """Turns what a step has drawn into what it trains on.

    Args:
        rollout: a method of `limbeck.rollouts`, its parameters bound, or None to reward stored traces alone.
        reward: a method of `limbeck.rewards`, or None.
        keep: where to write the traces of every step, or None.
    """

    def __init__(
        self, rollout: Rollout, reward: Reward | None, context: RolloutContext, keep: Path | None = None
    ) -> None:
        self.rollout, self.reward, self.context, self.keep = rollout, reward, context, keep

    def items(self, drawn: Sequence[Item], accelerator: Any) -> list[Item]:
        """The step's items, the same on every process; each process has sampled its share.

        A trace whose reward is not a number is left out.
        """
        self.context.traces.clear()
        self.context.rows.clear()
        self.context.shown.clear()
        ranks, rank = accelerator.num_processes, accelerator.process_index
        self.context.rank = (rank, ranks)
        items = self.rollout(list(drawn[rank::ranks]), self.context)
        if self.reward is not None:
            items = self._rewarded(items)
        traces = [trace for item in items for row in item.rows if (trace := self.context.traces.get(row.id))]
        if ranks > 1:
            from accelerate.utils import gather_object

            items, traces = gather_object(items), gather_object(traces)
        if self.keep is not None and accelerator.is_main_process and traces:
            write_table(self.keep / f"{self.context.step:06d}.parquet", to_table(traces, Trace))
        return grouped(items) if self.reward is not None and items else items

    def _rewarded(self, items: list[Item]) -> list[Item]:
        assert self.reward is not None, "only where there is one"
        members: dict[str, list[Item]] = {}
        kept = []
        for item in items:
            if item.rows[0].id in self.context.traces:
                members.setdefault(item.rows[0].problem, []).append(item)
            elif "reward" in item.rows[0].values:
                kept.append(item)  # a stored trace among new ones keeps the reward of its stored verdict
            else:
                raise LimbeckError(
                    f"trace {item.rows[0].id} is a stored one without a verdict; no reward can be given"
                )
        groups = []
        for problem, theirs in members.items():
            traces = [self.context.traces[item.rows[0].id] for item in theirs]
            groups.append(Group(self.context.problems[problem], traces))
        rewards = self.reward(groups, self.context)
        for group, theirs, numbers in zip(groups, members.values(), rewards, strict=True):
            for item, trace, reward in zip(theirs, group.traces, numbers, strict=True):
                if math.isinf(reward):
                    raise LimbeckError(f"the reward of rollout {trace.id} is {reward}")
                trace.scores = {**trace.scores, "reward": float(reward)}
                if not math.isnan(reward):
                    kept.append(_with(item, reward, trace))
        return kept


def _with(item: Item, reward: float, trace: Trace) -> Item:
    row = item.rows[0]
    values = {**row.values, "reward": float(reward), "correct": float(trace.outcome == "correct")}
    return replace(item, rows=(replace(row, values=values),))
