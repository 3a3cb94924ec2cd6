"""Procedurally generated problems with a scorer of their own: any of reasoning-gym's tasks."""

from __future__ import annotations

from typing import Any

from limbeck.errors import missing_extra, unknown
from limbeck.records import Data, Problem


def reasoning_gym(
    *,
    task: str,
    n: int = 1000,
    seed: int = 0,
    split: str = "train",
    config: dict[str, Any] = {},  # noqa: B006 read as configuration, never changed
) -> Data:
    """Generate ``n`` problems of a reasoning-gym task, to be checked by ``verifiers/reasoning_gym``.

    Args:
        task: a task's name, such as ``chain_sum`` or ``knights_knaves``.
        config: further settings of the task.

    Raises:
        LimbeckError: when reasoning-gym is not installed or has no such task.
    """
    try:
        import reasoning_gym as gym
        from reasoning_gym.factory import DATASETS
    except ImportError:
        raise missing_extra("reasoning-gym", "gym", "problems/reasoning_gym") from None
    if task not in DATASETS:
        raise unknown("reasoning-gym task", task, DATASETS)
    made = gym.create_dataset(task, size=n, seed=seed, **config)
    problems = []
    for index in range(n):
        entry: dict[str, Any] = made[index]
        answer = entry["answer"]
        problems.append(
            Problem(
                id=f"{task}-{seed}-{index}",
                question=entry["question"],
                answer=None if answer is None else str(answer),
                verifier="reasoning_gym",
                source=task,
                split=split,
                meta={"task": task, "metadata": entry["metadata"]},
            )
        )
    return Data(problems)
