"""Reasoning in ``<reasoning>`` and ``</reasoning>``, the answer in ``<answer>`` and ``</answer>``."""

from __future__ import annotations

from limbeck.texts.tags import KINDS

TAGS = KINDS["reasoning_answer"]


def parse(text: str) -> tuple[str, str]:
    """Split at the tags, which reasoning and answer keep only where they are in other places."""
    return TAGS.parse(text)


def render(reasoning: str, answer: str) -> str:
    """The exact text again."""
    return TAGS.render(reasoning, answer)
