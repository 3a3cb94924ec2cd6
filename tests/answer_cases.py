"""An answer judged by verifiers/math, and what a table of cases wants of it."""

from __future__ import annotations

from concurrent.futures import Future

from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.answers.math import math


def ask(gold: str, answer: str, question: str = "") -> Verdict:
    problem = Problem(id="p", question=question, answer=gold)
    verdict = math(problem, Trace(id="t", problem_id="p", answer=answer))
    return verdict.result(timeout=30) if isinstance(verdict, Future) else verdict


def holds(outcome: str, wanted: str) -> bool:
    """Whether an outcome is the wanted one, or at least not the one that must not be."""
    return outcome != wanted.removeprefix("not ") if wanted.startswith("not ") else outcome == wanted
