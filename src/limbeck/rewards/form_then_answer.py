"""Points for form on the way to a right answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.errors import LimbeckError
from limbeck.rewards.ops import LEFT_OUT, Group, correct
from limbeck.types import Verifier

if TYPE_CHECKING:
    from limbeck.training.rollout_context import RolloutContext

WAS = "rewards/ladder"


def form_then_answer(
    groups: list[Group],
    context: RolloutContext | None = None,
    *,
    verifier: Verifier,
    right: float = 1.0,
    tags: float = 0.1,
    snippet: str = "",
    coverage: float = 0.6,
    gate: bool = True,
) -> list[list[float]]:
    """A right answer counts once the form is there: reasoning and answer, and snippets of it in the
    reasoning.

    A trace has ``tags`` for being finished with both parts. Where ``snippet`` is given, the reasoning must
    hold at least one piece of the answer between such marks, and these must make up ``coverage`` of the
    answer: Kimina-Prover's gate against proofs that their thoughts do not lead to (arXiv 2504.11354).

    Args:
        snippet: regular expression with one group, the piece, such as ``\\\\[(.*?)\\\\]``.
        coverage: share of the answer's characters, commas and spaces aside, that pieces must make up.
        gate: without the form there is nothing for a right answer either.

    Raises:
        LimbeckError: ``snippet`` is not a regular expression with one group.
    """
    pattern = _pattern(snippet)
    rewards = []
    for group, marks in zip(groups, correct(groups, verifier), strict=True):
        row = []
        for trace, good in zip(group.traces, marks, strict=True):
            formed = trace.finish != "length" and bool(trace.reasoning.strip() and trace.answer.strip())
            formed = formed and (
                pattern is None or covered(pattern, trace.reasoning, trace.answer) >= coverage
            )
            row.append(LEFT_OUT if good is None else tags * formed + right * (good and (formed or not gate)))
        rewards.append(row)
    return rewards


def covered(pattern: re.Pattern[str], reasoning: str, answer: str) -> float:
    """Share of the answer that is made up of pieces shown in the reasoning, 0 to 1."""
    squeeze = re.compile(r"[\s,;]+")
    whole = squeeze.sub(",", answer).strip(",")
    shown: set[int] = set()
    for piece in {squeeze.sub(",", piece).strip(",") for piece in pattern.findall(reasoning)} - {""}:
        for place in range(len(whole)):
            if whole.startswith(piece, place):
                shown.update(range(place, place + len(piece)))
    letters = [place for place, letter in enumerate(whole) if letter != ","]
    return sum(place in shown for place in letters) / len(letters) if letters else 0.0


def _pattern(snippet: str) -> re.Pattern[str] | None:
    if not snippet:
        return None
    try:
        pattern = re.compile(snippet)
    except re.error as error:
        raise LimbeckError(f"snippet={snippet!r} is no regular expression: {error}") from None
    if pattern.groups != 1:
        raise LimbeckError(f"snippet={snippet!r} must have one group, the piece; it has {pattern.groups}")
    return pattern
