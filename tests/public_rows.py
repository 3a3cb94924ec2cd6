"""What rows of public layouts are made of, and how what came of them is told in lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from limbeck.tables import Row

Q, Q2 = "What is 2+2?", "What is 2+3?"


def think(thought: str, answer: str) -> str:
    """A text with a thought in front."""
    return f"<think>{thought}</think>{answer}"


GOOD, BAD = think("two twos", "It is 4."), think("a guess", "It is 5.")


def turn(role: str, content: Any, **more: Any) -> Row:
    """A turn of a chat."""
    return {"role": role, "content": content, **more}


def user(text: str) -> Row:
    """A question in a chat."""
    return turn("user", text)


def ai(text: Any, **more: Any) -> Row:
    """A reply in a chat."""
    return turn("assistant", text, **more)


def human(text: str) -> Row:
    """A question in a chat of ShareGPT's."""
    return {"from": "human", "value": text}


def gpt(text: str) -> Row:
    """A reply in a chat of ShareGPT's."""
    return {"from": "gpt", "value": text}


@dataclass
class Shape:
    """Rows as one public source has them."""

    source: str
    rows: tuple[Row, ...]

    def __init__(self, source: str, *rows: Row, files=None) -> None:
        self.source, self.rows, self.files = source, rows, files
