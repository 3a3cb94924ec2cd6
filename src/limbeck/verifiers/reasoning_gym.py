"""A reasoning-gym task's own scorer, made strict, and kept from running what an answer says."""

from __future__ import annotations

import json
import re
from concurrent.futures import Future
from functools import cache
from importlib.util import find_spec
from typing import Any

from limbeck import sandbox
from limbeck.errors import missing_extra
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers._later import later
from limbeck.verifiers.ops import in_worker

_REST = 20.0
"""Seconds a worker gets beyond the scorer's own, for it imports reasoning-gym first."""
_CODE = re.compile(
    r"__|\blambda\b|\.\s*[^\W\d]\w*\s*\(|\b(?:open|exec|eval|compile|input|exit|quit|breakpoint|help|getattr|setattr"
    r"|delattr|globals|locals|vars|dir|type|object|super|memoryview|print|sympify|lambdify|parse_expr|preview|S)\s*\(",
)
"""What an expression needs to do more than compute."""
_SANDBOXED = (
    "import json\nimport reasoning_gym as gym\na = json.load(open('a.json'))\n"
    "score = gym.create_dataset(a['task'], size=1, seed=0).score_answer(a['answer'], a['entry'])\nprint(float(score))\n"
)


def reasoning_gym(
    problem: Problem, trace: Trace, *, threshold: float = 1.0, timeout: float = 10.0
) -> Verdict | Future[Verdict]:
    """Score the stripped answer with the task's own function; correct at ``threshold`` and above.

    Many scorers mark a trailing newline down and give fractions of a point for wrong text, so the answer is stripped
    and only the full score counts. The reference itself is correct without a scorer.

    Some scorers (countdown, n_queens, spiral_matrix, …) evaluate the answer as Python. They run in a worker that can be
    killed; an answer that reads as a program is scored in the sandbox alone, and a full score that it got there is not
    believed but ``unknown``, for it may have been its own judge.

    Args:
        timeout: seconds a scorer may take.
    """
    answer = trace.answer.strip()
    task = problem.meta.get("task")
    if find_spec("reasoning_gym") is None:
        raise missing_extra("reasoning-gym", "gym", "verifiers/reasoning_gym")
    if not isinstance(task, str):
        return Verdict("reasoning_gym", "unknown", answer, "the problem names no reasoning-gym task in meta")
    if not answer:
        return Verdict("reasoning_gym", "unparsed", None, "no answer")
    if answer == (problem.answer or "").strip():
        return Verdict("reasoning_gym", "correct", answer, "the reference itself")
    entry = {"question": problem.question, "answer": problem.answer, "metadata": problem.meta.get("metadata", {})}

    def judged(score: float, trusted: bool) -> Verdict:
        told = f"{task} scores it {score:g}"
        if score < threshold:
            return Verdict("reasoning_gym", "wrong", answer, told)
        if not trusted:
            return Verdict("reasoning_gym", "unknown", answer, f"{told}, but the answer reads as a program")
        return Verdict("reasoning_gym", "correct", answer, told)

    if _CODE.search(answer):
        return _boxed(task, answer, entry, timeout, lambda score: judged(score, False))
    decided = in_worker(_score, task, answer, entry, timeout=timeout + _REST)
    return later(decided, judged, Verdict("reasoning_gym", "timeout", answer, f"not scored within {timeout:g} s"))


def _score(task: str, answer: str, entry: dict[str, Any]) -> tuple[float, bool]:
    return float(_scorer(task).score_answer(answer, entry)), True


@cache
def _scorer(task: str) -> Any:
    import reasoning_gym as gym

    return gym.create_dataset(task, size=1, seed=0)


def _boxed(task: str, answer: str, entry: dict[str, Any], timeout: float, judged: Any) -> Future[Verdict]:
    asked = json.dumps({"task": task, "answer": answer, "entry": entry}, default=str).encode()
    limits = sandbox.Limits(seconds=timeout + _REST, memory=4 << 30)
    promised: Future[Verdict] = Future()

    def settle(done: Future[sandbox.Ran]) -> None:
        ran = done.result()
        try:
            promised.set_result(judged(float(ran.stdout.strip().rpartition("\n")[2])))
        except ValueError:
            why = ran.reason or ran.stderr.strip()[-150:] or ran.status
            outcome: Any = "timeout" if ran.status == "timeout" else "unknown"
            promised.set_result(Verdict("reasoning_gym", outcome, answer, f"not scored: {why}"))

    sandbox.run(_SANDBOXED, files={"a.json": asked}, limits=limits).add_done_callback(settle)
    return promised
