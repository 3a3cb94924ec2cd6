"""What teachers share: the question as a chat, and a completion as a trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from limbeck.models.base import Completion, Messages, Sampling
from limbeck.pipeline.registry import method
from limbeck.records import Problem, Trace

MARKS = {"length": "truncated", "error": "error"}
"""Why a trace that did not end by itself must not be learned from, right or wrong."""


def chats(problems: Sequence[Problem], template: str, system: str = "") -> list[Messages]:
    """Each question in the template's ``{question}``, after a system message if there is one."""
    opening = [{"role": "system", "content": system}] if system else []
    return [[*opening, {"role": "user", "content": template.replace("{question}", p.question)}] for p in problems]


def reader(format: str) -> Any:
    """The module of ``formats/`` that splits completions."""
    return method(f"formats/{format}", "a teacher's format").load()


def trace_of(
    problem: Problem, writer: str, number: int, completion: Completion, format: str, sampling: Sampling
) -> Trace:
    """A completion as a trace; one that was cut off or failed is marked."""
    reasoning, answer = reader(format).parse(completion.text)
    return Trace(
        id=f"{problem.id}#{writer}-{number}", problem_id=problem.id, reasoning=reasoning, answer=answer, format=format,
        model=writer, finish=completion.finish, tokens=completion.tokens,
        params={
            "temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": sampling.max_tokens,
            "seed": sampling.seed, "sample": number,
        },
        marks=[MARKS[completion.finish]] if completion.finish in MARKS else [],
    )  # fmt: skip
