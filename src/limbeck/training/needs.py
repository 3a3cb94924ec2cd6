"""What an objective asks of the trainer, and whether a recipe gives it. Known before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from limbeck.errors import LimbeckError, unknown
from limbeck.training.settings import Learning
from limbeck.types import Configured

if TYPE_CHECKING:
    from limbeck.networks.batch import Row
    from limbeck.objectives.ops import Objective
    from limbeck.rewards.ops import Reward
    from limbeck.rollouts.ops import Rollout

KNOWN: dict[str, str] = {
    "traces": "single traces",
    "pairs": "a right and a wrong trace of the same problem",
    "reference": "the start model's log-probabilities",
    "teacher": "the teacher's distributions over the student's vocabulary",
    "teacher_logp": "the teacher's log-probabilities of the trained tokens",
    "teacher_text": "a teacher with a tokenizer of its own",
    "hidden": "hidden states of student and teacher",
    "attentions": "the teacher's attention weights",
    "states": "hidden states of the student alone",
    "triplets": "beside each right trace another right one and a wrong one of its problem",
    "rewards": "a reward for each trace",
    "sampled_logp": "the log-probabilities with which its traces were sampled",
}


def declared(bound: Configured, name: str, default: Any) -> Any:
    """What a method's file says under ``name``: a constant, or a function of the parameters in lower case.

    ``needs(**parameters)`` goes before ``NEEDS``, so that a setting can change what is needed.
    """
    depends = getattr(bound.module, name.lower(), None)
    return depends(**bound.params) if depends else getattr(bound.module, name, default)


def asked(objective: Objective) -> tuple[str, ...]:
    """An objective's ``NEEDS``; reads its declaration, never its name.

    Raises:
        LimbeckError: a need that does not exist, or neither (or both) of traces and pairs.
    """
    needs = tuple(declared(objective, "NEEDS", ()))
    for need in needs:
        if need not in KNOWN:
            raise unknown("need", need, KNOWN, f"objective {objective.name!r}")
    if ("traces" in needs) == ("pairs" in needs):
        raise LimbeckError(
            f"objective {objective.name!r} must need either 'traces' or 'pairs'; its NEEDS are {needs}"
        )
    return needs


def asks(bound: Configured | None) -> tuple[str, ...]:
    """Networks that a rollout or a reward asks, with the student's tokens: its ``ASKS``."""
    return () if bound is None else tuple(declared(bound, "ASKS", ()))


def wants_whole_step(objective: Objective) -> bool:
    """Whether an objective compares what is in one micro-batch, so that a cut changes it: its
    ``WHOLE_STEP``."""
    return bool(declared(objective, "WHOLE_STEP", False))


def check_needs(needs: tuple[str, ...], objective: Objective, learning: Learning) -> None:
    """Refuse a recipe that cannot meet its objective's needs, saying how it could.

    Raises:
        LimbeckError: naming the need and the parameter of `training/fit` that meets it.
    """
    live, stored = learning.teacher, learning.signal
    if live and stored:
        raise LimbeckError("training/fit: give either a live teacher or a stored signal, not both")
    if stored and learning.rollout:
        raise LimbeckError(
            "training/fit: a stored signal says nothing about new rollouts; set teacher: in its place"
        )
    if learning.rollout and "pairs" in needs:
        raise LimbeckError(
            f"objective {objective.name!r} learns from pairs, which rollouts do not make; sample, then pair"
        )
    if learning.rollout and "triplets" in needs:
        raise LimbeckError(
            f"objective {objective.name!r} compares stored traces of a problem, which rollouts do not make"
        )
    if learning.reward and not learning.rollout:
        raise LimbeckError("training/fit: a reward is for rollouts; set rollout:, such as rollout: student")
    for need, remedy in _unmet(needs, learning):
        raise LimbeckError(f"objective {objective.name!r} needs {KNOWN[need]} ({need}): {remedy}")
    for asking in (learning.rollout, learning.reward):
        if asking is not None:
            _check_asks(asking, needs, objective, learning)
    for name, why in _unneeded(needs, learning):
        raise LimbeckError(f"training/fit: {name} is given, and {why}; take {name}: out")
    for setting in ("temperature", "hot", "cold"):
        if not (value := objective.params.get(setting, 1.0)) > 0:
            raise LimbeckError(f"objective {objective.name!r}: {setting} must be positive, got {value}")


def _unmet(needs: tuple[str, ...], learning: Learning) -> Iterator[tuple[str, str]]:
    """Needs that are not met, each with how it could be."""
    live, stored = learning.teacher, learning.signal
    for need in ("teacher", "teacher_logp"):
        if need in needs and not live and not stored:
            yield need, "set teacher: to a model, or signal: to a stage of teachers/score"
    for need in ("teacher_text", "hidden", "attentions"):
        if need in needs and not live:
            yield need, "set teacher: to a model; a stored signal does not have them"
    if "sampled_logp" in needs and not learning.rollout:
        remedy = "set behaviour: scored and signal: to a stage of teachers/score by the model that wrote them"
        yield "sampled_logp", f"stored traces have none; {remedy}, or behaviour: reference, or a rollout:"
    if "rewards" in needs and learning.rollout and not learning.reward:
        yield "rewards", "rollouts have none of their own; set reward:, such as reward: verified"


def _unneeded(needs: tuple[str, ...], learning: Learning) -> Iterator[tuple[str, str]]:
    """What is given and would be loaded for nothing, each with why: who gives it believes that it counts."""
    asking = {*asks(learning.rollout), *asks(learning.reward)}
    read = {*needs} & {"teacher", "teacher_logp", "teacher_text", "hidden"}
    if learning.teacher and not read and "teacher" not in asking:
        yield "teacher", "neither the objective nor a rollout or reward asks a teacher"
    if learning.signal and not {*needs} & {"teacher", "teacher_logp"}:
        yield "signal", "the objective reads no teacher's distributions"
    if learning.sampler and not learning.rollout:
        yield "sampler", "there is no rollout to sample"


def _check_asks(
    asking: Rollout | Reward, needs: tuple[str, ...], objective: Objective, learning: Learning
) -> None:
    """Refuse a rollout or reward that asks a network which does not take part."""
    part = "rollout" if asking is learning.rollout else "reward"
    if "teacher" in asks(asking) and not learning.teacher:
        raise LimbeckError(f"{part} {asking.name!r} asks a teacher: set teacher: to a model")
    if "start" in asks(asking) and "reference" not in needs:
        raise LimbeckError(
            f"{part} {asking.name!r} asks the start model, and objective {objective.name!r} keeps none; take "
            "one that needs a reference, such as grpo with kl above 0"
        )


def check_values(objective: Objective, rollout: Rollout | None, rows: Sequence[Row]) -> None:
    """Refuse rows without a number that an objective reads: its ``VALUES``, each with how to come by it.

    Raises:
        LimbeckError: naming the number, how many rows lack it, and the first of them.
    """
    made = getattr(rollout.module, "VALUES", ()) if rollout else ()
    for value, remedy in getattr(objective.module, "VALUES", {}).items():
        lacking = [row.id for row in rows if value not in row.values]
        if lacking and value not in made:
            count = f"{len(lacking):,} of {len(rows):,} traces have none, the first is {lacking[0]}"
            raise LimbeckError(
                f"objective {objective.name!r} needs {value!r} of each trace, and {count}: {remedy}"
            )
