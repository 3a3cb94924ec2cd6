"""Nodes of small search trees, as `teachers/tree_search` writes them, in format ``lines``."""

from __future__ import annotations

from limbeck.records import Problem, Trace, Verdict
from limbeck.texts.traces import split_text
from limbeck.trees import UNFINISHED


def problem(name: str = "p") -> Problem:
    return Problem(id=name, question="2+2", answer="4")


def node(name: str, text: str, value: float, visits: int, parent: str = "", thought: str = "step") -> Trace:
    """An inner node; its thought is the text from its last mark on."""
    begins = max(text.rfind(";"), text.rfind("!"))
    return Trace(
        id=name, problem_id="p", answer=text, format="plain", model="m", finish="length", marks=[UNFINISHED],
        params={"thought": thought, "begins": begins}, parents=[parent] if parent else [],
        scores={"value": value, "visits": float(visits)},
    )  # fmt: skip


def leaf(
    name: str,
    text: str,
    outcome: str,
    parent: str = "",
    thought: str = "step",
    marks: list[str] | None = None,
) -> Trace:
    """An attempt with its verdict."""
    made = node(name, text, float(outcome == "correct"), 1, parent, thought)
    made.reasoning, made.answer = split_text(text, "lines")
    made.format, made.finish, made.marks = "lines", "stop", marks or []
    made.verdicts = [Verdict("exact", outcome)]  # type: ignore[arg-type]
    return made
