"""Reasoning between ``<think>`` and ``</think>``, the answer behind it: what R1 and its students write.

Reasoning is kept without its tags where the text has them in their places and an answer follows. Where it has
not (a generation prompt opened ``<think>`` itself, the thought was cut off, nothing follows it), reasoning
keeps the tags that were written, and `render` adds none: it always gives back exactly what was parsed.
"""

from __future__ import annotations

from limbeck.texts.tags import KINDS

TAGS = KINDS["think"]


def parse(text: str) -> tuple[str, str]:
    """Split behind the first ``</think>``; without one the thought never ended and there is no answer."""
    return TAGS.parse(text)


def render(reasoning: str, answer: str) -> str:
    """The exact text: tags around reasoning that has none, if an answer follows."""
    return TAGS.render(reasoning, answer)
