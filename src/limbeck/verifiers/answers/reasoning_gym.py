"""A reasoning-gym task's own scorer, made strict, and kept from running what an answer says."""

from __future__ import annotations

import re
from concurrent.futures import Future
from functools import cache
from importlib.util import find_spec
from typing import Any

from limbeck.checkers import trials
from limbeck.checkers.later import later, verdict
from limbeck.checkers.workers import in_worker
from limbeck.errors import missing_extra
from limbeck.records import Problem, Trace, Verdict

VERSION = 3
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
_TRIED = 8
"""Problems of a task that its scorer is tried on; a task that makes none without settings is not judged."""
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

    A scorer is tried before it may judge (`limbeck.checkers.trials`): one that gives full marks to nonsense,
    to other problems' references, to the negated reference or to "reference and 99" is refused, and all but
    the reference itself is ``unknown`` with what it paid for. So is an answer whose own problem is scored so,
    and one that is marked down where the reference would be too. `bench/results/scorers.md` lists who passes;
    ``math``, ``number`` or ``exact`` judge a refused task's problems.

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
    if task in _GIVEN and _EVALUABLE.fullmatch(answer) and not _from(answer, metadata["numbers"]):
        return Verdict("reasoning_gym", "wrong", answer, f"other numbers than {metadata['numbers']}")
    entry = {"question": problem.question, "answer": problem.answer, "metadata": metadata}

    decided = in_worker(_judged, task, answer, entry, threshold, timeout=timeout + _REST)
    return later(
        decided,
        lambda outcome, told: verdict("reasoning_gym", outcome, answer, told),
        Verdict("reasoning_gym", "timeout", answer, f"not scored within {timeout:g} s"),
    )


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what is not installed costs no stage before it."""
    if find_spec("reasoning_gym") is None:
        raise missing_extra("reasoning-gym", "gym", "verifiers/reasoning_gym")


def _judged(task: str, answer: str, entry: dict[str, Any], threshold: float) -> tuple[str, str]:
    """In a worker: an outcome, and why. A scorer's word counts where its scorer passed the trials, on this
    very problem too."""
    if why := refused(task, threshold):
        return "unknown", f"{task} is not scored: {why}"

    def score(text: str, problem: dict[str, Any]) -> float | None:
        return _score(task, text, problem)

    points = score(answer, entry)
    if points is None:
        told = f"{task} evaluates answers, and this one is more than numbers, letters and known functions"
        return "unparsed", told
    told = f"{task} scores it {points:g}"
    if points >= threshold:
        why = trials.paid(score, entry, threshold)
        return ("unknown", f"{told}, but {why}") if why else ("correct", told)
    reference = entry["answer"]
    given = None if reference is None else score(str(reference).strip(), entry)
    if given is not None and given < threshold:
        return "unknown", f"{told}, and the reference itself {given:g}"
    return "wrong", told


@cache
def refused(task: str, threshold: float = 1.0) -> str:
    """What a task's scorer pays for that is no answer, on its first problems; empty: nothing.

    Raises:
        Exception: whatever the task does where it cannot make problems by itself.
    """
    import reasoning_gym as gym

    made = gym.create_dataset(task, size=_TRIED, seed=0)
    entries = [made[index] for index in range(_TRIED)]
    return trials.refusal(lambda text, entry: _score(task, text, entry), entries, threshold)


def _score(task: str, answer: str, entry: dict[str, Any]) -> float | None:
    """Points of the task's own function; None for what it would evaluate and must not."""
    scorer, evaluates = _scorer(task)
    if evaluates and not _EVALUABLE.fullmatch(answer):
        return None
    if task in _GIVEN and not _from(answer, entry["metadata"]["numbers"]):
        return 0.0
    return float(scorer.score_answer(answer, entry))


def _from(answer: str, numbers: list[int]) -> bool:
    """Whether an expression is made of just these numbers."""
    return sorted(map(int, re.findall(r"\d+", answer))) == sorted(numbers)


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
