"""Reasoning and answer simply follow each other; a text that says nothing of the two is all answer."""

from __future__ import annotations


def parse(text: str) -> tuple[str, str]:
    """``("", text)``: nothing marks where reasoning ends."""
    return "", text


def render(reasoning: str, answer: str) -> str:
    """The two, one behind the other."""
    return reasoning + answer
