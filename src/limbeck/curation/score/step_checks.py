"""Each step looked at by one criterion that a rule can decide, or by how alike it is to the question."""

from __future__ import annotations

import itertools
from typing import Literal

from msgspec.structs import replace

from limbeck.records import Data, Problem, Trace
from limbeck.texts.similarity import cosine, vector
from limbeck.texts.step_checks import faults
from limbeck.texts.steps import Cutting, ends


def step_checks(
    data: Data,
    *,
    check: Literal["grounded", "valid", "coherent", "useful", "alike"] = "valid",
    name: str = "fault",
    cutting: Cutting = Cutting(by="lines"),
) -> Data:
    """Score every step by what one criterion has against it (taxonomy of arXiv 2502.12289).

    By rules on numbers, 1 where the step fails: ``grounded`` (an operand from nowhere), ``valid`` (an
    equation that does not hold), ``coherent`` (an operand that is computed later), ``useful`` (a result that
    nothing uses). ``alike`` is one of the family that compares vectors: one minus the cosine of the step's
    and the question's character trigrams.

    Args:
        check: the criterion.
        name: what the scores are called before ``/0``, ``/1``, ….

    Returns:
        The data with ``scores["fault/0"]`` …, for all traces of known problems; a trace without reasoning is
        cut by its answer.
    """
    problems = data.problem_by_id()

    def scored(trace: Trace) -> Trace:
        problem = problems.get(trace.problem_id)
        if problem is None:
            return trace
        each = {f"{name}/{at}": value for at, value in enumerate(_scores(trace, problem, check, cutting))}
        return replace(trace, scores={**trace.scores, **each})

    return Data(data.problems, [scored(trace) for trace in data.traces], data.pairs)


def _scores(
    trace: Trace,
    problem: Problem,
    check: Literal["grounded", "valid", "coherent", "useful", "alike"],
    cutting: Cutting,
) -> list[float]:
    body = trace.reasoning or trace.answer
    steps = [body[begin:end] for begin, end in itertools.pairwise([0, *ends(body, cutting)])]
    if check == "alike":
        asked = vector(problem.question)
        return [1 - cosine(vector(step), asked) for step in steps]
    return [float(fault) for fault in faults(check, problem.question, steps, trace.answer)]
