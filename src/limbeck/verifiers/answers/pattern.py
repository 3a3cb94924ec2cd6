"""What a text looks like, whatever it answers."""

from __future__ import annotations

import re
from typing import Literal

from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace, Verdict


def pattern(
    problem: Problem,
    trace: Trace,
    *,
    regex: str,
    of: Literal["answer", "reasoning", "text", "exchange"] = "answer",
) -> Verdict:
    r"""The answer, the reasoning or the whole text is of a form: ``correct`` where it matches, ``wrong``
    where not.

    An evaluation with it measures a share: of refusals, of answers without a label twice, of texts that begin
    at once.

    Args:
        regex: must match all of it; ``{answer}`` in it stands for the reference.
        of: what is looked at; ``text`` is reasoning and answer, one behind the other, ``exchange`` the
            question, a line break and the text.

    Raises:
        LimbeckError: ``regex`` is not a regular expression.
    """
    text = trace.reasoning + trace.answer
    exchange = f"{problem.question}\n{text}"
    looked_at = {"answer": trace.answer, "reasoning": trace.reasoning, "text": text, "exchange": exchange}[of]
    try:
        fits = (
            re.fullmatch(regex.replace("{answer}", re.escape(problem.answer or "")), looked_at, re.S)
            is not None
        )
    except re.error as error:
        raise LimbeckError(f"verifiers/pattern: regex={regex!r} is no regular expression: {error}") from None
    return Verdict(
        "pattern", "correct" if fits else "wrong", looked_at[:200] or None, f"{of} against {regex}"
    )
