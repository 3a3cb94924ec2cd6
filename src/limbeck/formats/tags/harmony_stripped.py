"""gpt-oss's messages without their control tokens: ``analysis … assistantfinal …``.

What decoding with ``skip_special_tokens`` leaves of format ``harmony``.
"""

from __future__ import annotations

from limbeck.texts.tags import KINDS

TAGS = KINDS["harmony_stripped"]


def parse(text: str) -> tuple[str, str]:
    """Split at the tags, which reasoning and answer keep only where they are in other places."""
    return TAGS.parse(text)


def render(reasoning: str, answer: str) -> str:
    """The exact text again."""
    return TAGS.render(reasoning, answer)
