"""Batches and cases that the tests of objectives on pairs and on right and wrong traces share."""

from __future__ import annotations

import math

import numpy as np
import torch

from limbeck.networks.batch import Item, Row, collate, grouped
from limbeck.networks.policy import Policy
from limbeck.objectives.ops import Signal, row_sum
from limbeck.objectives.preference.cpo import cpo
from limbeck.objectives.preference.ipo import ipo
from limbeck.objectives.preference.kto import kto
from limbeck.objectives.preference.nca import nca
from limbeck.objectives.preference.orpo import orpo
from limbeck.objectives.preference.qcrd import qcrd
from limbeck.objectives.reinforcement.topr import topr
from limbeck.objectives.supervised.negative_aware import negative_aware
from limbeck.objectives.supervised.unlikelihood import unlikelihood
from limbeck.pipeline.parameters import ready


def row(
    name: str, completion: int, problem: str = "", sampled: list[float] | None = None, **values: float
) -> Row:
    columns = {} if sampled is None else {"logp": np.array(sampled, dtype=np.float32)}
    return Row(name, np.arange(1, completion + 3, dtype=np.int32), 2, problem, values, columns)


def signal_of(reference_N, batch, **more) -> Signal:
    return Signal(reference_B=row_sum(reference_N, batch), reference_N=reference_N, **more)


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def mean(loss) -> float:
    return float(loss.sum.detach() / loss.count)


def metrics(loss) -> dict[str, float]:
    return {name: float(total / weight) for name, (total, weight) in loss.metrics.items()}


# Rows a, b chosen, c, d rejected; pair weights 1 and 3.
PAIRS = [Item((row("a", 2), row("c", 2)), 1.0), Item((row("b", 1), row("d", 4)), 3.0)]
PAIR_BATCH = collate(PAIRS)
# Sums: a -2, b -2 | c -4, d -2; means: a -1, b -2 | c -2, d -0.5.
PAIR_LOGP = torch.tensor([-0.5, -1.5, -2.0, -1.0, -3.0, -0.25, -0.25, -0.5, -1.0])
PAIR_POLICY = Policy.of(PAIR_LOGP, PAIR_BATCH)
# Log-ratios: a 1, b -1 | c -1, d 3; per token a 0.5, b -1 | c -0.5, d 0.75.
PAIR_SIGNAL = signal_of(torch.tensor([-1.0, -2.0, -1.0, -2.0, -1.0, -1.0, -1.0, -2.0, -1.0]), PAIR_BATCH)

# Of problem p two right traces and a wrong one, of problem q a wrong one alone; trace weights 1, 2, 1, 3.
TRACES = [
    Item((row("r1", 2, "p", [-1, -1], reward=1, quality=0.9, nat_beta=0.2),), 1.0),
    Item((row("w1", 3, "p", [-2, -1, -2], reward=0, quality=0.25, nat_beta=0.0),), 2.0),
    Item((row("r2", 1, "p", [-1], reward=1, quality=0.5, nat_beta=0.5),), 1.0),
    Item((row("w2", 2, "q", [-1, -1], reward=0, quality=0.0, nat_beta=0.9),), 3.0),
]
TRACE_BATCH = collate(grouped(TRACES))
# Sums: -2, -6, -3, -1; means -1, -2, -3, -0.5; log-ratios to who sampled them: 0, -1, -2, 1.
TRACE_LOGP = torch.tensor([-0.5, -1.5, -1.0, -1.0, -4.0, -3.0, -0.25, -0.75])
TRACE_POLICY = Policy.of(TRACE_LOGP, TRACE_BATCH)
# Log-ratios to it: 1, 1, 0, 1.
TRACE_SIGNAL = signal_of(torch.tensor([-1.5, -1.5, -1.35, -1.35, -4.3, -3.0, -1.0, -1.0]), TRACE_BATCH)

ON_PAIRS = [
    (ipo, {"beta": 0.5}), (cpo, {"beta": 0.5}), (cpo, {"score": "mean", "gamma": 0.5}),
    (orpo, {"weight": 0.5}),
    (nca, {"beta": 0.5}), (unlikelihood, {"alpha": 0.5}),
]  # fmt: skip
ON_TRACES = [
    (kto, {"beta": 0.5, "undesirable": 0.7}), (topr, {"baseline": 0.4}), (qcrd, {}),
    (negative_aware, {"floor": 0.01, "hardness": "sqrt", "behaviour": "reference"}),
]  # fmt: skip


def grouped_loss(drift: float = 0.0, **settings) -> float:
    """The group-relative loss of three traces of one problem, rewarded 1, 0, 0, of 2, 1 and 3 tokens.

    Args:
        drift: log-probability of every token now minus when it was sampled.
        settings: as a recipe spells them.
    """
    logp = [-1.0, -0.5, -2.0, -1.5, -1.0, -0.5]
    rows = [
        row(name, size, "p", [each - drift for each in logp[at : at + size]], reward=reward)
        for name, at, size, reward in (("a", 0, 2, 1.0), ("b", 2, 1, 0.0), ("c", 3, 3, 0.0))
    ]
    batch = collate(grouped([Item((each,)) for each in rows]))
    loss = ready("objectives/grpo", **settings)(batch, Policy.of(torch.tensor(logp), batch), Signal())
    return mean(loss)
