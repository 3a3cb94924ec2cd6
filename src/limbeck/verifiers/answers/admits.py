"""Another verifier's verdict, unless a trace says at its end that something is missing."""

from __future__ import annotations

import re
from concurrent.futures import Future

from limbeck.records import Outcome, Problem, Trace, Verdict
from limbeck.texts.premises import LACKS
from limbeck.types import Count, Verifier


def admits(
    problem: Problem, trace: Trace, *, verifier: Verifier, tail: Count = 2
) -> Verdict | Future[Verdict]:
    """A trace that says in its last paragraphs that something is not given is ``unknown``: it abstains.

    The judgement of MiP-Overthinking (arXiv 2504.06514, section 3), by words in the place of a model: a
    response abstains (``unknown``), gives the reference (``correct``), or something else (``wrong``, also
    where `curation/missing_premise` took the premise, so that no answer is right). So ``unverified`` is the
    share that abstains. `curation/unanswerable` marks questions by the same words.

    Args:
        verifier: judges what answers.
        tail: paragraphs of thought and answer together that are read.
    """
    paragraphs = re.split(r"\n\s*\n", f"{trace.reasoning.strip()}\n\n{trace.answer.strip()}".strip())
    told = next((match for text in paragraphs[-tail:] if (match := LACKS.search(text))), None)
    if told:
        return Verdict("admits", "unknown", None, f"abstains: {told[0]}")
    if problem.answer is None and problem.meta.get("premise"):
        answer = trace.answer.strip()
        outcome: Outcome = "wrong" if answer else "unparsed"
        return Verdict("admits", outcome, answer or None, "a premise is missing, and it answers")
    return verifier(problem, trace)
