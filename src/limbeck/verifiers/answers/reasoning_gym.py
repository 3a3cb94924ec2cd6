"""A reasoning-gym task's own scorer, made strict, and kept from running what an answer says."""

from __future__ import annotations

import re
from concurrent.futures import Future
from functools import cache
from importlib.util import find_spec
from typing import Any

from limbeck.checkers.later import later
from limbeck.checkers.workers import in_worker
from limbeck.errors import missing_extra
from limbeck.records import Problem, Trace, Verdict

VERSION = 2
_REST = 20.0
"""Seconds a worker gets beyond the scorer's own, for it imports reasoning-gym first."""
_FUNCTIONS = "sin cos tan sec csc cot asin acos atan sinh cosh tanh exp log ln sqrt abs Abs erf pi"
_EVALUABLE = re.compile(
    rf"""(?:(?<![\w.])(?:\d+(?:\.\d+)?|\.\d+)(?![\w.])   # 12, 0.5; not 0x18, 1e9 or 5.real
    |(?<!\w)(?:{_FUNCTIONS.replace(" ", "|")}|[a-zA-MPRT-Z])(?!\w)  # not S, which evaluates text
    |[-+*/^(),\s])*
    |(?:[\[\],\s\d-]|(?<!\w)'[\w *\#-]*'|(?<!\w)"[\w *\#-]*"|True|False)*  # a list: no names, so no calls
    |[A-Z\d_\s]*  # a board: nothing that calls""",
    re.X,
)
"""Numbers, letters and known functions; lists of numbers and words; boards: evaluated, they can only
compute."""
_EVALUATES = re.compile(r"(?<!def )\b(?:eval|exec|compile|parse_expr|sympify|simplify|lambdify)\(")
_OWN_TEXT = ("bitwise_arithmetic", "number_sorting")
"""Their scorers evaluate the problem and the reference, not the answer."""
_GIVEN = ("countdown", "puzzle24")
"""Tasks whose ``metadata["numbers"]`` are to be used once each."""


def reasoning_gym(
    problem: Problem, trace: Trace, *, threshold: float = 1.0, timeout: float = 10.0
) -> Verdict | Future[Verdict]:
    """Score the stripped answer with the task's own function; correct at ``threshold`` and above.

    Many scorers mark a trailing newline down and give fractions of a point for wrong text, so the answer is
    stripped and only the full score counts. The reference itself is correct without a scorer.

    Some scorers (countdown, n_queens, spiral_matrix, …) evaluate the answer as Python. They are given
    numbers, single letters, known functions and lists of these; any other answer to such a task, one that
    calls, imports or integrates, is ``unparsed``. Where a task gives numbers to combine, an answer with
    others is ``wrong`` whatever its scorer says.

    Args:
        timeout: seconds a scorer may take.
    """
    answer = trace.answer.strip()
    task = problem.meta.get("task")
    precheck({})
    if not isinstance(task, str):
        return Verdict("reasoning_gym", "unknown", answer, "the problem names no reasoning-gym task in meta")
    if not answer:
        return Verdict("reasoning_gym", "unparsed", None, "no answer")
    if answer == (problem.answer or "").strip():
        return Verdict("reasoning_gym", "correct", answer, "the reference itself")
    metadata = problem.meta.get("metadata", {})
    evaluable = _EVALUABLE.fullmatch(answer) is not None
    if (
        task in _GIVEN
        and evaluable
        and sorted(map(int, re.findall(r"\d+", answer))) != sorted(metadata["numbers"])
    ):
        return Verdict("reasoning_gym", "wrong", answer, f"other numbers than {metadata['numbers']}")
    entry = {"question": problem.question, "answer": problem.answer, "metadata": metadata}

    def judged(score: float | None, told: str) -> Verdict:
        if score is None:
            return Verdict("reasoning_gym", "unparsed", answer, told)
        return Verdict("reasoning_gym", "correct" if score >= threshold else "wrong", answer, told)

    decided = in_worker(_score, task, answer, entry, evaluable, timeout=timeout + _REST)
    return later(
        decided, judged, Verdict("reasoning_gym", "timeout", answer, f"not scored within {timeout:g} s")
    )


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what is not installed costs no stage before it."""
    if find_spec("reasoning_gym") is None:
        raise missing_extra("reasoning-gym", "gym", "verifiers/reasoning_gym")


def _score(task: str, answer: str, entry: dict[str, Any], evaluable: bool) -> tuple[float | None, str]:
    scorer, evaluates = _scorer(task)
    if evaluates and not evaluable:
        return (
            None,
            f"{task} evaluates answers, and this one is more than numbers, letters and known functions",
        )
    score = float(scorer.score_answer(answer, entry))
    return score, f"{task} scores it {score:g}"


@cache
def _scorer(task: str) -> tuple[Any, bool]:
    """A task's dataset, and whether its scorer, or a function of its module that it calls, evaluates text."""
    import inspect
    import sys

    import reasoning_gym as gym

    dataset = gym.create_dataset(task, size=1, seed=0)
    module = sys.modules[type(dataset).__module__]
    sources, todo = {}, {"score_answer"}
    while todo:
        name = todo.pop()
        function = getattr(type(dataset), name, None) or getattr(module, name, None)
        sources[name] = inspect.getsource(function) if inspect.isfunction(function) else ""
        todo |= set(re.findall(r"(\w+)\(", sources[name])) - sources.keys()
    return dataset, task not in _OWN_TEXT and any(map(_EVALUATES.search, sources.values()))
