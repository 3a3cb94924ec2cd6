"""A reasoning-gym task's own scorer, made strict."""

from __future__ import annotations

from functools import cache
from typing import Any

from limbeck.errors import missing_extra
from limbeck.records import Problem, Trace, Verdict


@cache
def _scorer(task: str) -> Any:
    try:
        import reasoning_gym as gym
    except ImportError:
        raise missing_extra("reasoning-gym", "gym", "verifiers/reasoning_gym") from None
    return gym.create_dataset(task, size=1, seed=0)


def reasoning_gym(problem: Problem, trace: Trace, *, threshold: float = 1.0) -> Verdict:
    """Score the stripped answer with the task's own function; correct at ``threshold`` and above.

    Many scorers mark a trailing newline down and give fractions of a point for wrong text, so the answer is stripped
    and only the full score counts.
    """
    answer = trace.answer.strip()
    task = problem.meta.get("task")
    if not isinstance(task, str):
        return Verdict("reasoning_gym", "unknown", answer, "the problem names no reasoning-gym task in meta")
    if not answer:
        return Verdict("reasoning_gym", "unparsed", None, "no answer")
    entry = {"question": problem.question, "answer": problem.answer, "metadata": problem.meta.get("metadata", {})}
    score = float(_scorer(task).score_answer(answer, entry))
    return Verdict("reasoning_gym", "correct" if score >= threshold else "wrong", answer, f"{task} scores it {score:g}")
