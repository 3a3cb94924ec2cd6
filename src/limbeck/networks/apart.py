"""How far two networks are apart on the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.networks.teachers import Live

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.events import Events
    from limbeck.networks.policy import Policy


def mean_divergence(batch: Batch, policy: Policy, other: Policy) -> Tensor:
    """Mean over each row's tokens of KL(policy || other), ``[B]`` in nats: a reading for `Probe.traces`."""
    assert other.head is not None, "a probe's policies have heads"
    divergence_N = policy.against(Live(other.head), _divergence)
    return divergence_N.new_zeros(len(batch.ids)).index_add(0, batch.row_N, divergence_N) / batch.count_B


def _divergence(events: Events) -> Tensor:
    """KL of the first network, the student of the events, to the second."""
    return (events.student_CM.exp() * (events.student_CM - events.teacher_CM)).sum(-1)
