"""What a strategy may know of how good a text is: a verifier that sees no reference, as a number."""

from __future__ import annotations

from collections.abc import Sequence

from limbeck.generation import Completion, Messages
from limbeck.records import Outcome, Problem, Trace, Verdict
from limbeck.texts.questions import problem_id
from limbeck.texts.traces import parsed
from limbeck.types import Format, Verifier
from limbeck.verifiers.ops import judge

WORTH: dict[Outcome, float] = {
    "correct": 1.0, "wrong": 0.0, "unparsed": 0.0, "timeout": 0.5, "unknown": 0.5,
}  # fmt: skip
"""What an outcome is worth where a verifier gives no score."""


def scored(
    verifier: Verifier, form: Format, name: str, asked: Sequence[tuple[Messages, Completion]]
) -> list[float]:
    """How good a verifier finds each text: its score, else what its outcome is worth, from 0 to 1.

    It sees the question, the last turn of the user's, and the text; what is no part of a chat, a reference
    answer above all, is not there. A text that failed is worth nothing.

    Args:
        name: of the format.
    """
    items = []
    for at, (chat, reply) in enumerate(asked):
        question = next((turn["content"] for turn in reversed(chat) if turn["role"] == "user"), "")
        reasoning, answer = parsed(form, reply.text, name)
        problem = Problem(id=problem_id(question), question=question)
        trace = Trace(
            id=f"{problem.id}#{at}",
            problem_id=problem.id,
            reasoning=reasoning,
            answer=answer,
            format=name,
            finish=reply.finish,
        )
        failed = Verdict("decoding", "wrong") if reply.finish == "error" else problem
        items.append((at, failed, trace))
    worth = [0.0] * len(asked)
    for at, verdict in judge(verifier, items):
        # Rounded, for a batch's shape moves the last digits of what a network says.
        worth[at] = WORTH[verdict.outcome] if verdict.score is None else round(verdict.score, 6)
    return worth
