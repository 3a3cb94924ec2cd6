"""A gate before another verifier: the answer must be made of pieces that its thoughts show."""

from __future__ import annotations

import re
from concurrent.futures import Future

from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace, Verdict
from limbeck.types import Verifier

WAS = "verifiers/backed"


def grounded(
    problem: Problem, trace: Trace, *, verifier: Verifier, snippet: str = r"\[(.*?)\]", coverage: float = 0.6
) -> Verdict | Future[Verdict]:
    """Another verifier's verdict where snippets in the reasoning make up enough of the answer, else
    ``unparsed``.

    Kimina-Prover's gate (arXiv 2504.11354): at least one block of tactics in the thoughts, and blocks that
    cover 60% of the final proof. A proof that its thoughts do not lead to has no valid form, whatever it
    proves.

    Args:
        snippet: regular expression with one group, the piece.
        coverage: share of the answer's characters, commas, semicolons and spaces aside, that pieces must make
            up.

    Raises:
        LimbeckError: ``snippet`` is not a regular expression with one group.
    """
    share = shown(_pattern(snippet), trace.reasoning, trace.answer)
    if share is None:
        return Verdict("grounded", "unparsed", reason="no snippet in the reasoning, or no answer")
    if share < coverage:
        return Verdict(
            "grounded", "unparsed", trace.answer.strip()[:200], f"snippets make up {share:.0%} of the answer"
        )
    return verifier(problem, trace)


def shown(pattern: re.Pattern[str], reasoning: str, answer: str) -> float | None:
    """Share of the answer that is made up of pieces shown in the reasoning; None without a piece or an
    answer."""
    whole = re.sub(r"[\s,;]+", ",", answer).strip(",")
    pieces = {re.sub(r"[\s,;]+", ",", piece).strip(",") for piece in pattern.findall(reasoning)} - {""}
    letters = [place for place, letter in enumerate(whole) if letter != ","]
    if not pieces or not letters:
        return None
    covered: set[int] = set()
    for piece in pieces:
        for start in range(len(whole)):
            if whole.startswith(piece, start):
                covered.update(range(start, start + len(piece)))
    return sum(place in covered for place in letters) / len(letters)


def _pattern(snippet: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(snippet, re.S)
    except re.error as error:
        raise LimbeckError(
            f"verifiers/grounded: snippet={snippet!r} is no regular expression: {error}"
        ) from None
    if pattern.groups != 1:
        raise LimbeckError(f"verifiers/grounded: snippet={snippet!r} must have one group, the piece")
    return pattern
