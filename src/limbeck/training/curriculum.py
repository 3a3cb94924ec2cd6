"""In which order items are trained on: at random, by a number that they have, or by a curriculum that is
ranked anew for each epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from limbeck.errors import LimbeckError, nearest
from limbeck.networks.batch import Item, Items, Row, order
from limbeck.networks.policy import Network
from limbeck.networks.probe import Probe
from limbeck.pipeline.context import Context
from limbeck.ranks import ranks
from limbeck.records import Problem
from limbeck.training.job import Job

LENGTH = "length"
"""The number that every item has: tokens of its completion, the mean of a pair's or a group's."""


def make_order(data: Items, job: Job, student: Network, ctx: Context) -> Order | Ascending:
    """The order that a job asks for."""
    if job.stepping.order_by:
        return Ascending(data.items, data.problems, job.stepping.order_by, job.stepping.seed)
    return Order(data.items, job, student, ctx)


class Order:
    """The endless stream of items: every epoch is a permutation of them.

    With ``alpha`` pairs come by curriculum preference learning (AlphaLLM-CPL, arXiv 2410.06508, section 3.2):
    by ``alpha`` times the rank of their value gap, widest first, plus ``1 - alpha`` times the rank of the
    policy's gap, ``log π(chosen) - log π(rejected)`` as it stands when the epoch begins, smallest first: what
    is clear to the search and not yet to the student comes first, what the student tells apart comes last.

    Args:
        job: ``alpha`` is its ``curriculum``, None for a random order.

    Raises:
        LimbeckError: with ``alpha``, a pair without values.
    """

    def __init__(self, items: list[Item], job: Job, student: Network, ctx: Context) -> None:
        self.items, self.ctx = items, ctx
        self.seed, self.alpha = job.stepping.seed, job.stepping.curriculum
        self.probe = Probe([student], job.running.max_tokens_per_microbatch)
        self.epoch, self.places = -1, np.empty(0, dtype=np.int64)
        if self.alpha is not None:
            self.values = _value_gaps(items)

    def drawn(self, start: int, stop: int) -> np.ndarray[Any, Any]:
        """Items ``start`` to ``stop`` of the stream. With a curriculum they are to be asked for in order."""
        if self.alpha is None:
            return order(len(self.items), self.seed, start, stop)
        parts = []
        size = len(self.items)
        for epoch in range(start // size, (stop - 1) // size + 1):
            if epoch != self.epoch:
                self._rank(epoch, self.alpha)
            parts.append(self.places[max(start - epoch * size, 0) : stop - epoch * size])
        return np.concatenate(parts)

    def ever(self, drawn: int) -> set[int]:
        """Items that may be among the first ``drawn``."""
        if self.alpha is not None:
            return {*range(len(self.items))}
        return {*order(len(self.items), self.seed, 0, drawn).tolist()}

    def _rank(self, epoch: int, alpha: float) -> None:
        policy = self._policy_gaps()
        mixed = alpha * ranks(-self.values) + (1 - alpha) * ranks(policy)
        shuffled = order(len(self.items), self.seed, epoch * len(self.items), (epoch + 1) * len(self.items))
        places = shuffled[np.argsort(mixed[shuffled], kind="stable")]  # equals in random order
        gaps = f"value gaps {_quartiles(self.values)}, policy gaps {_quartiles(policy)} nats (quartiles)"
        if len(self.places):
            gaps += (
                f"; {(places != self.places).sum():,} of {len(places):,} pairs in another place than before"
            )
        self.ctx.log(f"epoch {epoch + 1}: {gaps}")
        self.epoch, self.places = epoch, places

    def _policy_gaps(self) -> np.ndarray[Any, Any]:
        rows: dict[str, Row] = {row.id: row for item in self.items for row in item.rows}
        logps = self.probe.traces([*rows.values()], lambda batch, policy: policy.logp_B)
        known = dict(zip(rows, logps, strict=True))
        return np.array([known[item.rows[0].id] - known[item.rows[1].id] for item in self.items])

    def state(self) -> dict[str, Any]:
        """For a state to continue from: the order of an epoch belongs to the weights at its beginning."""
        return {} if self.alpha is None else {"epoch": self.epoch, "places": self.places.tolist()}

    def restore(self, state: dict[str, Any]) -> None:
        if state:
            self.epoch, self.places = state["epoch"], np.array(state["places"], dtype=np.int64)


class Ascending:
    """The endless stream of items, each epoch from the lowest number to the highest, equal ones at random.

    Args:
        problems: by id, where the items' problems are known.
        name: ``length``, a score of the traces, or a number in ``meta`` of the problems; behind a minus sign
            the highest come first.

    Raises:
        LimbeckError: an item without that number.
    """

    def __init__(self, items: list[Item], problems: Mapping[str, Problem], name: str, seed: int) -> None:
        self.seed, self.size = seed, len(items)
        sign = -1 if name.startswith("-") else 1
        self.numbers = sign * np.array([_number(item, name.removeprefix("-"), problems) for item in items])
        self.epoch, self.places = -1, np.empty(0, dtype=np.int64)

    def drawn(self, start: int, stop: int) -> np.ndarray[Any, Any]:
        """Items ``start`` to ``stop`` of the stream."""
        parts = []
        for epoch in range(start // self.size, (stop - 1) // self.size + 1):
            if epoch != self.epoch:
                shuffled = order(self.size, self.seed, epoch * self.size, (epoch + 1) * self.size)
                self.epoch = epoch
                self.places = shuffled[np.argsort(self.numbers[shuffled], kind="stable")]
            parts.append(self.places[max(start - epoch * self.size, 0) : stop - epoch * self.size])
        return np.concatenate(parts)

    def ever(self, drawn: int) -> set[int]:
        """Items among the first ``drawn``."""
        return {*self.drawn(0, drawn).tolist()} if drawn < self.size else {*range(self.size)}

    def state(self) -> dict[str, Any]:
        """Nothing: numbers and seed say it all."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        pass


def _number(item: Item, name: str, problems: Mapping[str, Problem]) -> float:
    if name == LENGTH:
        return float(np.mean([len(row.ids) - row.start for row in item.rows]))
    row = item.rows[0]
    problem = problems.get(row.problem)
    known = {**(problem.meta if problem else {}), **row.values}
    value = known.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        hint = nearest(name, [LENGTH, *known])
        raise LimbeckError(
            f"training/fit: order_by={name!r}: {row.id} has no such number, neither as a score nor in its "
            f"problem's meta{hint}"
        )
    return float(value)


def _value_gaps(items: list[Item]) -> np.ndarray[Any, Any]:
    gaps = []
    for item in items:
        lacking = [row.id for row in item.rows if not np.isfinite(row.values.get("value", np.nan))]
        if lacking:
            raise LimbeckError(
                f"training/fit: curriculum orders pairs by the values of their traces, and {lacking[0]} has "
                "none that is a number: scores['value'], as teachers/tree_search writes them"
            )
        gaps.append(item.rows[0].values["value"] - item.rows[1].values["value"])
    return np.array(gaps)


def _quartiles(values: np.ndarray[Any, Any]) -> str:
    return "/".join(f"{value:.2f}" for value in np.quantile(values, (0.25, 0.5, 0.75)))
