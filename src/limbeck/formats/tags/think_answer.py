"""Reasoning between ``<think>`` and ``</think>``, the answer between ``<answer>`` and ``</answer>``.

What R1-Zero's prompt asks for (DeepSeek-R1, arXiv 2501.12948, table 1), and Hunyuan-A13B's own form.
"""

from __future__ import annotations

from limbeck.texts.tags import KINDS

TAGS = KINDS["think_answer"]


def parse(text: str) -> tuple[str, str]:
    """Split at the tags, which reasoning and answer keep only where they are in other places."""
    return TAGS.parse(text)


def render(reasoning: str, answer: str) -> str:
    """The exact text again."""
    return TAGS.render(reasoning, answer)
