"""The small worlds' lines: ``;8-0+3!1``. The answer is what follows the last mark."""

from __future__ import annotations


def parse(text: str) -> tuple[str, str]:
    """Split behind the last ``;`` or ``!``; a text without either is all answer."""
    cut = max(text.rfind(";"), text.rfind("!")) + 1
    return text[:cut], text[cut:]


def render(reasoning: str, answer: str) -> str:
    """The two, one behind the other."""
    return reasoning + answer
