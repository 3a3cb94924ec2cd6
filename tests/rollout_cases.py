"""A plain REINFORCE and a reward for brevity, for tests of rollouts inside the loop."""

from __future__ import annotations

from types import ModuleType

import torch

from limbeck.objectives.ops import token_mean
from limbeck.pipeline.registry import Bound, method


def bound(function, **more) -> Bound:
    module = ModuleType(function.__name__)
    vars(module).update({function.__name__: function, **more})
    return Bound(function.__name__, module, {})


def rollout(name: str, **params) -> Bound:
    return Bound(name, method(f"rollouts/{name}").load(), params)


def reinforce(batch, policy, signal):
    advantage_B = batch.values["reward"] - batch.values["group_mean"]
    drift_N = (policy.logp_N.detach() - batch.columns["logp"]).abs()
    return token_mean(-policy.logp_N * advantage_B[batch.row_N], batch, {
        "reward": (batch.values["reward"].sum(), torch.tensor(float(len(batch.ids)))),
        "drift": (drift_N.sum(), torch.tensor(float(len(batch.row_N)))),
    })  # fmt: skip


REINFORCE = bound(reinforce, NEEDS=("traces", "rewards"))


def short(groups, context):
    """The shorter the better."""
    return [[-float(trace.tokens) for trace in group.traces] for group in groups]
