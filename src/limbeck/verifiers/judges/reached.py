"""Whether a solver that is shown sub-questions reaches the reference answer."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from limbeck.drawing import Drawing
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Model
from limbeck.judging.asking import Ask, ask
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.messages import in_context
from limbeck.texts.subquestions import SOLVE, Dividing, Solving
from limbeck.texts.traces import format_named, full_text, split_text
from limbeck.types import Verifier
from limbeck.verifiers.ops import verify


def reached(
    problem: Problem,
    trace: Trace,
    *,
    model: Model,
    verifier: Verifier,
    k: int = 1,
    least: int = 1,
    dividing: Dividing = Dividing(),
    solving: Solving = Solving(),
    drawing: Drawing = Drawing(max_tokens=4096),
    format: str = "think",
) -> Verdict | Future[Verdict]:
    """Have a question answered with the sub-questions of a trace, and the answer checked.

    Screens decompositions (arXiv 2402.15000, section 3): one that does not lead a solver to the reference
    answer proves nothing, neither of itself nor of the solver, and is ``unknown``, never ``wrong``. The
    solution is not kept.

    Args:
        model: the solver.
        verifier: of the solver's answer.
        k: answers of the solver.
        least: how many of them must be right for ``correct``.
        format: how the solver's completions are split, a name of ``formats/``.

    Returns:
        ``correct`` or ``unknown``, the score being the share of right answers; ``unparsed`` for a reply that
        is in no form of sub-questions, which the solver is not asked about.

    Raises:
        LimbeckError: not ``1 <= least <= k``, an unknown format, or a template without its fields.
    """
    _check(k, least, dividing, solving, format)
    parts = dividing.read(full_text(trace))
    if parts is None:
        return Verdict("reached", "unparsed", reason="no sub-questions in the form asked for")
    if not (problem.answer or "").strip():
        return Verdict("reached", "unknown", reason="no reference answer to reach")

    def then(replies: list[Completion]) -> Verdict:
        answers = [_answer(problem, reply, format) for reply in replies]
        judged = verify(verifier, {problem.id: problem}, answers)
        right = sum(answer.outcome == "correct" for answer in judged)
        reason = f"{right} of {k} answers are right"
        return Verdict("reached", "correct" if right >= least else "unknown", parts, reason, right / k)

    chat = in_context(problem, solving.put(problem.question, parts))
    return ask(model, Ask(chat, drawing.sampling(k), then))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    dividing = Dividing.of(given)
    solving = Solving.of(given)
    _check(given["k"], given["least"], dividing, solving, given["format"])


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: ``k`` answers for each trace."""
    each = prompt(counts, params["solve"] or SOLVE, trace=True)
    return asked(counts["traces"] * params["k"], each, params["max_tokens"])


def _check(k: int, least: int, dividing: Dividing, solving: Solving, format: str) -> None:
    if not 1 <= least <= k:
        raise LimbeckError(f"verifiers/reached: least={least}, k={k}: at least one answer, at most all")
    dividing.check("verifiers/reached")
    solving.check("verifiers/reached")
    format_named(format, "verifiers/reached")


def _answer(problem: Problem, reply: Completion, format: str) -> Trace:
    reasoning, answer = split_text(reply.text, format)
    return Trace(
        id="answer",
        problem_id=problem.id,
        reasoning=reasoning,
        answer=answer,
        format=format,
        finish=reply.finish,
    )
