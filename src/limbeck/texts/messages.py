"""From a problem to the chat a model is shown: one function for sampling, training, evaluation and export.

A question may stand behind a system turn and earlier turns of its own; imported chats bring them. They are
kept in ``problem.meta``, so that what a student is trained on is what it is asked and what is exported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.generation import Messages
from limbeck.records import Problem
from limbeck.texts.questions import problem_id
from limbeck.texts.templates import fill

SYSTEM = "system"
"""Where ``problem.meta`` keeps the system turn, a text."""
PRIOR_TURNS = "prior_turns"
"""Where ``problem.meta`` keeps the turns before the question, ``[{"role": …, "content": …}, …]``: user and
assistant in turn."""
_FIELDS = {"role", "content"}


def as_messages(
    problem: Problem, template: str = "{question}", system: str = "", prefix: str = ""
) -> Messages:
    """The chat in which a problem is asked.

    Args:
        template: of the user's message, in which ``{question}`` is replaced.
        system: a method's own system turn. It takes the place of the problem's, for one who sets it means to
            say how this model is asked; empty keeps the problem's. The problem itself does not change:
            training and export go on with its own.
        prefix: what the assistant has already written; the model goes on from there.
    """
    return in_context(problem, fill(template, question=problem.question), system, prefix)


def in_context(problem: Problem, content: str, system: str = "", prefix: str = "") -> Messages:
    """``content`` as the user's message where the problem's question stands: behind its system turn and its
    earlier turns. ``system`` and ``prefix`` as in `as_messages`."""
    system = system or system_of(problem)
    return [
        *([{"role": "system", "content": system}] if system else []),
        *prior_turns(problem),
        {"role": "user", "content": content},
        *([{"role": "assistant", "content": prefix}] if prefix else []),
    ]


def system_of(problem: Problem) -> str:
    """The problem's own system turn; empty where it has none."""
    text = problem.meta.get(SYSTEM)
    return text if isinstance(text, str) else ""


def prior_turns(problem: Problem) -> Messages:
    """The turns before the question, without the system turn.

    Raises:
        LimbeckError: the problem keeps something else in their place.
    """
    # Rows of a table have every column: what is empty in one is null there.
    turns = problem.meta.get(PRIOR_TURNS) or []
    listed = isinstance(turns, list)
    if not (listed and all(isinstance(turn, dict) and {*turn} == _FIELDS for turn in turns)):
        raise LimbeckError(
            f"problem {problem.id}: meta[{PRIOR_TURNS!r}] is a list of {{role, content}}, not {turns!r:.80}"
        )
    # The list is the caller's to change, the problem's record is not.
    return [dict(turn) for turn in turns]


def context_meta(system: str, turns: Sequence[dict[str, str]] = ()) -> dict[str, Any]:
    """The fields of ``meta`` that hold a system turn and earlier turns; none for what is empty."""
    fields = {SYSTEM: system, PRIOR_TURNS: list(turns)}
    return {name: value for name, value in fields.items() if value}


def context_of(problem: Problem) -> dict[str, Any]:
    """The same fields of a problem that has them, for a problem or a row made from it."""
    return context_meta(system_of(problem), prior_turns(problem))


def asked_id(question: str, context: dict[str, Any]) -> str:
    """`limbeck.texts.questions.problem_id` of a question and what stands before it: who is asked the same
    after something else is asked something else.

    Args:
        context: as `context_of`; of an empty one the id is the question's.
    """
    turns = [turn["content"] for turn in context.get(PRIOR_TURNS, [])]
    return problem_id("\n".join([context.get(SYSTEM, ""), *turns, question]))
