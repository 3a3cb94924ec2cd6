"""What a thought arrives at, and what it only says again."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from limbeck.texts.similarity import cosine, vector
from limbeck.texts.step_checks import numbers_in
from limbeck.texts.steps import Cutting, ends

_SHORT = 12
"""Characters below which a step says too little to be called another's repetition."""


def steps_in(text: str, cutting: Cutting = Cutting()) -> list[str]:
    """The steps of a text, without what stands between them."""
    return [text[begin:end].strip() for begin, end in itertools.pairwise([0, *ends(text, cutting)])]


def last_candidate(steps: Sequence[str], number: bool = False) -> tuple[str, str] | None:
    """The last answer that steps state or compute, and the step; None where they do neither.

    Args:
        number: whether an answer must be one: thoughts are full of sentences on *the answer*.
    """
    from limbeck.answers.ballots import ballot
    from limbeck.answers.equations import equations
    from limbeck.answers.extract import find_answer

    for step in reversed(steps):
        answer = find_answer(step) or ""
        # A short step without any statement comes back whole.
        told = len(answer) < len(step.strip().rstrip(".")) and answer
        if told and not isinstance(ballot(answer), str):
            return answer, step
        if known := list(equations(step)):
            return known[-1].right.strip(), step
        if told and not number:
            return answer, step
    return None


def contradicts(steps: Sequence[str], answer: str) -> bool:
    """Whether an answer is another than the last candidate of the thought; no where either cannot be read.

    An answer that the candidate's step names too is no contradiction: it may be what the step arrives at.
    """
    from limbeck.answers.ballots import ballot
    from limbeck.answers.extract import find_answer

    given = find_answer(answer) or answer.strip()
    last = last_candidate(steps, number=bool(numbers_in(given)))
    if last is None or not given:
        return False
    candidate, step = last
    values = [ballot(text) for text in (candidate, given)]
    if None in values or values[0] == values[1]:
        return False
    return numbers_in(given).isdisjoint(numbers_in(step)) if numbers_in(given) else given not in step


def repetitions(steps: Sequence[str], similar: float = 0.9) -> list[int]:
    """The steps that say what an earlier one says and bring no number that is new."""
    vectors = [vector(step) for step in steps]
    seen: set[str] = set()
    again = []
    for at, step in enumerate(steps):
        numbers = numbers_in(step)
        alike = any(cosine(vectors[at], other) >= similar for other in vectors[:at])
        if len(step) >= _SHORT and alike and numbers <= seen:
            again.append(at)
        seen |= numbers
    return again
