"""Replies that are to hold a program: none there, one that is no Python, or code in the thought."""

from __future__ import annotations

import ast
import warnings
from textwrap import dedent
from typing import Literal

from limbeck.curation.ops import by_rule
from limbeck.records import Data, Problem, Trace
from limbeck.texts.fences import blocks

PYTHON = ("python", "python3", "py", "")
"""Languages of blocks that are read as Python; empty is a block without one."""


def code_shape(data: Data, *, thought: Literal["any", "no_code"] = "any") -> Data:
    """Mark traces ``no_code``, ``broken_code`` or ``code_in_thought`` by the fenced blocks in them.

    What OpenCodeReasoning (arXiv 2504.01943) asks of a reply before it is learned from: a block of code in
    the answer whose syntax is right. It is not run: failing programs stay, for those come from hard
    problems; `verifiers/unit_tests` or ``stdin_stdout`` and `curation/reject` filter by execution.

    A block named after another language counts as code, unread.

    Args:
        thought: ``no_code`` also marks traces with a block of code in their reasoning.
    """

    def rule(_: Problem | None, trace: Trace) -> str:
        programs = _programs(trace.answer)
        if not programs:
            return "no_code"
        if not all(_reads(body) for language, body in programs if language in PYTHON):
            return "broken_code"
        return "code_in_thought" if thought == "no_code" and _programs(trace.reasoning) else ""

    return by_rule(data, rule)


def _programs(text: str) -> list[tuple[str, str]]:
    """Language and body of each fenced block with anything in it."""
    fenced = ((each.language.lower(), each.body or "") for each in blocks(text, any_head=True, own_line=True))
    return [(language, dedent(body)) for language, body in fenced if body.strip()]


def _reads(body: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a program's own, such as an odd escape
            ast.parse(body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
