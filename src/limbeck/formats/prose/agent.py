"""An agent's steps, each with its observation, and the answer in a fenced block of its own at the end."""

from __future__ import annotations

OPENING, CLOSING = "```answer\n", "\n```"


def parse(text: str) -> tuple[str, str]:
    """The steps, and what the last block holds; a text that does not end with an answer has none."""
    place = text.rfind(OPENING)
    begin, end = place + len(OPENING), len(text) - len(CLOSING)
    if place < 0 or begin >= end or not text.endswith(CLOSING):
        return text, ""
    return text[:place], text[begin:end]


def render(reasoning: str, answer: str) -> str:
    """The two, the answer in its block."""
    return f"{reasoning}{OPENING}{answer}{CLOSING}" if answer else reasoning
