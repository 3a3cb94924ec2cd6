"""What an objective asks of the trainer, and whether a recipe gives it. Known before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from limbeck.errors import LimbeckError, unknown

KNOWN: dict[str, str] = {
    "traces": "single traces",
    "pairs": "a right and a wrong trace of the same problem",
    "reference": "the start model's log-probabilities",
    "teacher": "the teacher's distributions over the student's vocabulary",
    "teacher_logp": "the teacher's log-probabilities of the trained tokens",
    "teacher_text": "a teacher with a tokenizer of its own",
    "hidden": "hidden states of student and teacher",
    "rewards": "a reward for each trace",
    "sampled_logp": "the log-probabilities with which its traces were sampled",
}


def asked(objective: Any) -> tuple[str, ...]:
    """An objective's needs; reads its declaration, never its name. ``needs(**parameters)`` goes before
    ``NEEDS``.

    Raises:
        LimbeckError: a need that does not exist, or neither (or both) of traces and pairs.
    """
    depends = getattr(objective.module, "needs", None)
    needs = tuple(depends(**objective.params) if depends else getattr(objective.module, "NEEDS", ()))
    for need in needs:
        if need not in KNOWN:
            raise unknown("need", need, KNOWN, f"objective {objective.name!r}")
    if ("traces" in needs) == ("pairs" in needs):
        raise LimbeckError(
            f"objective {objective.name!r} must need either 'traces' or 'pairs'; its NEEDS are {needs}"
        )
    return needs


def asks(bound: Any) -> tuple[str, ...]:
    """Networks that a rollout or a reward asks, with the student's tokens: ``asks(**parameters)``, else
    ``ASKS``."""
    if bound is None:
        return ()
    depends = getattr(bound.module, "asks", None)
    return tuple(depends(**bound.params) if depends else getattr(bound.module, "ASKS", ()))


def check_needs(needs: tuple[str, ...], given: dict[str, Any]) -> None:
    """Refuse a recipe that cannot meet its objective's needs, saying how it could.

    Raises:
        LimbeckError: naming the need and the parameter of `training/fit` that meets it.
    """
    name = given["objective"].name

    def refuse(need: str, remedy: str) -> LimbeckError:
        return LimbeckError(f"objective {name!r} needs {KNOWN[need]} ({need}): {remedy}")

    live, stored = given["teacher"], given["signal"]
    if live and stored:
        raise LimbeckError("training/fit: give either a live teacher or a stored signal, not both")
    for need in ("teacher", "teacher_logp"):
        if need in needs and not live and not stored:
            raise refuse(need, "set teacher: to a model, or signal: to a stage of teachers/score")
    for need in ("teacher_text", "hidden"):
        if need in needs and not live:
            raise refuse(need, "set teacher: to a model; a stored signal does not have them")
    if stored and given["rollout"]:
        raise LimbeckError(
            "training/fit: a stored signal says nothing about new rollouts; set teacher: in its place"
        )
    if given["rollout"] and "pairs" in needs:
        raise LimbeckError(
            f"objective {name!r} learns from pairs, which rollouts do not make; sample, then pair"
        )
    for part in ("rollout", "reward"):
        if "teacher" in asks(given[part]) and not live:
            raise LimbeckError(f"{part} {given[part].name!r} asks a teacher: set teacher: to a model")
        if "start" in asks(given[part]) and "reference" not in needs:
            raise LimbeckError(
                f"{part} {given[part].name!r} asks the start model, and objective {name!r} keeps none; take "
                "one that "
                "needs a reference, such as grpo with kl above 0"
            )
    if "sampled_logp" in needs and not given["rollout"]:
        remedy = "stored traces have none; set behaviour: scored and signal: to a stage of teachers/score by the model"
        raise refuse("sampled_logp", f"{remedy} that wrote them, or behaviour: reference, or a rollout:")
    if "rewards" in needs and given["rollout"] and not given["reward"]:
        raise refuse("rewards", "rollouts have none of their own; set reward:, such as reward: verified")
    if given["reward"] and not given["rollout"]:
        raise LimbeckError("training/fit: a reward is for rollouts; set rollout:, such as rollout: student")
    for setting in ("temperature", "hot", "cold"):
        if not (value := given["objective"].params.get(setting, 1.0)) > 0:
            raise LimbeckError(f"objective {name!r}: {setting} must be positive, got {value}")


def check_values(objective: Any, rollout: Any, rows: Sequence[Any]) -> None:
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
