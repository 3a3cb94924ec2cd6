"""Recurrent layers led to the attention they stand for, each on the teacher's own states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.errors import LimbeckError
from limbeck.objectives.ops import Loss, Signal

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy

Match = Literal["outputs", "weights"]


def needs(*, match: Match = "outputs") -> tuple[str, ...]:
    """Attention's weights where they are matched."""
    return ("traces", "hidden", "attentions") if match == "weights" else ("traces", "hidden")


def mixers(batch: Batch, policy: Policy, signal: Signal, *, match: Match = "outputs") -> Loss:
    """Squared distance of a recurrent student's layers to its teacher's (MOHAWK, arXiv 2408.10189).

    Every layer reads what the teacher's layer read, so that none waits for those below it. ``weights`` is the
    first stage, the distance of the two mixing matrices (Frobenius, eq. 1 of the paper, mean over heads);
    ``outputs`` the second, that of what the whole layer makes (eq. 2). The third is `objectives/kd`.

    Returns:
        The sum over tokens of rows, up to the last trained one, questions included; metric ``gap``, its mean
        over layers.

    Raises:
        LimbeckError: the student has no recurrent layers, or as many layers as the teacher it has not; or
            several processes train.
    """
    from limbeck.networks import mixing

    model = _alone(policy, signal)
    if match == "weights":
        assert signal.attentions is not None, "the trainer supplies what needs() asks for"
        pairs = mixing.weights(model, signal.layers, signal.attentions)
        gaps = [(ours - theirs.to(ours.dtype)).square().sum(-1).mean(1) for ours, theirs in pairs]
    else:
        pairs = mixing.outputs(model, signal.layers)
        gaps = [(ours - theirs.to(ours.dtype)).square().mean(-1) for ours, theirs in pairs]
    weight_BT = read(batch).to(gaps[0].dtype) * batch.weight_B[:, None]
    total, count = (sum(gaps) * weight_BT).sum() / len(gaps), weight_BT.sum()
    return Loss(total, count, {"gap": (total.detach(), count)})


def read(batch: Batch) -> Tensor:
    """Which positions belong to rows: those up to the last trained token, ``[B, T]``."""
    return batch.mask_BT.int().flip(1).cummax(1).values.flip(1)


def _alone(policy: Policy, signal: Signal) -> object:
    """The student's network, which is asked past the wrapper that exchanges gradients."""
    import torch

    if torch.distributed.is_initialized() and torch.distributed.get_world_size() > 1:
        raise LimbeckError("objective 'mixers' asks single layers, which trains in one process alone")
    assert policy.network is not None, "the trainer gives the network"
    model = policy.network.model
    ours, theirs = model.config.num_hidden_layers, len(signal.layers) - 1
    if ours != theirs:
        raise LimbeckError(f"objective 'mixers': the student has {ours} layers and the teacher {theirs}")
    return model
