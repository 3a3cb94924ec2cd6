"""Reasoning between ``<think>`` and ``</think>``, the answer behind it: what R1 and its students write.

A generation prompt may open ``<think>`` itself; the model's text then begins inside. Reasoning therefore keeps its
opening tag where the text had one, so that `render` gives back exactly what was written.
"""

from __future__ import annotations

CLOSE = "</think>"


def parse(text: str) -> tuple[str, str]:
    """Split behind the first ``</think>``; without one the thought never ended and there is no answer."""
    reasoning, close, answer = text.partition(CLOSE)
    return (reasoning + close, answer) if close else (text, "")


def render(reasoning: str, answer: str) -> str:
    """The exact text; reasoning given without tags (written by other means than `parse`) gets both."""
    if reasoning and answer and CLOSE not in reasoning:
        return f"<think>{reasoning}{CLOSE}{answer}"
    return reasoning + answer
