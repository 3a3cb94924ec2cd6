"""Hidden states led to the teacher's, layer by layer, through filters that keep what the task needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from limbeck.objectives._policy import mean_of
from limbeck.objectives.divergence._divergences import forward
from limbeck.objectives.features._features import completion_states, layer_map, wide
from limbeck.objectives.ops import Loss, Signal, token_mean

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy, Sizes
    from limbeck.types import Count, CountOrNone, Positive, Share, Weight

WAS = "objectives/layer_states"
NEEDS = ("traces", "teacher", "hidden")


def build(
    student: Sizes,
    teacher: Sizes,
    *,
    filters: str = "task",
    width: int = 0,
    layers: tuple[int, ...] = (),
    **_: object,
) -> Any:
    """Filters of both sides and heads for the task, one of each for every pair of layers."""
    from torch import nn

    pairs = layer_map(student.layers, teacher.layers, layers)
    width = width or student.width

    def one() -> Any:
        task = filters == "task"
        return nn.ModuleDict({
            "student": nn.Linear(student.width, width if task else teacher.width),
            "teacher": nn.Linear(teacher.width, width) if task else nn.Identity(),
            "student_head": nn.Linear(width, student.vocab) if task else nn.Identity(),
            "teacher_head": nn.Linear(width, student.vocab) if task else nn.Identity(),
        })  # fmt: skip

    return nn.ModuleList([one() for _ in pairs])


def layerwise(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    filters: Literal["task", "projection"] = "task",
    width: CountOrNone = 0,
    layers: tuple[Count, ...] = (),
    warm: Share = 0.3,
    kl: Weight = 1.0,
    states: Weight = 1.0,
    temperature: Positive = 2.0,
) -> Loss:
    """Task-aware layer-wise distillation (TED, arXiv 2210.01351): CE + kl T² KL + states * mean squared
    distance.

    With ``task`` filters the first ``warm`` of the training is TED's stage one: filters of student and
    teacher, with a head each, learn the task from states that no gradient leaves; the heads then rest, the
    teacher's filters too, and the student with its own filters is trained. ``projection`` is plain layer-wise
    distillation: the student's states through a learned projection against the teacher's. ``states`` 0 is
    logit distillation.

    Args:
        width: of the filtered states, 0 for the student's.
        layers: the student's layers that take part, counted from 1; by default all, evenly mapped to the
            teacher's.

    Returns:
        The sum over tokens; metrics ``states`` (squared distance), ``divergence`` and ``logp``.
    """
    assert policy.extra is not None, "the trainer makes what build asks for"
    last = len(policy.layers) - 1
    pairs = layer_map(last, len(signal.layers) - 1, layers)
    warming = filters == "task" and signal.progress < warm
    total_N = policy.logp_N.new_zeros(len(batch.row_N))
    for (layer, other), parts in zip(pairs, cast("Any", policy.extra), strict=True):
        ours, theirs = policy.layers[layer], signal.layers[other]
        if warming:
            total_N = total_N + _task(ours.detach(), parts["student"], parts["student_head"], batch)
            total_N = total_N + _task(theirs, parts["teacher"], parts["teacher_head"], batch)
            continue
        goal = parts["teacher"](completion_states(theirs, batch)).detach()
        total_N = total_N + (parts["student"](completion_states(ours, batch)) - goal).square().mean(-1)
    total_N = total_N / len(pairs)
    gap_N = policy.against(signal.teacher, lambda e: forward(e.student_CM, e.teacher_CM), temperature)
    metrics = {
        "states": mean_of(total_N, batch), "divergence": mean_of(gap_N, batch),
        "logp": mean_of(policy.logp_N, batch),
    }  # fmt: skip
    if warming:
        # Nothing of the student moves yet; its terms stay in the graph with weight 0 for exchanging
        # gradients.
        return token_mean(total_N + 0 * policy.logp_N, batch, metrics)
    # So do the parts that rest from now on.
    resting = sum(parameter.sum() for parameter in policy.extra.parameters()) * 0
    return token_mean(
        resting + states * total_N + kl * temperature**2 * gap_N - policy.logp_N, batch, metrics
    )


def _task(hidden_BTD: Tensor, filter_: Any, head: Any, batch: Batch) -> Tensor:
    """Cross-entropy of the next token from filtered states, per trained token."""
    from torch.nn.functional import cross_entropy

    before_ND = wide(hidden_BTD.flatten(0, 1)[batch.index_N])
    return cross_entropy(head(filter_(before_ND)), batch.target_N, reduction="none")
