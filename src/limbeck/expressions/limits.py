"""What is too large to be evaluated or too deep to be read, told from the text alone."""

from __future__ import annotations

import re

_HUGE = [
    re.compile(r"\^\s*\{?\s*[-(]*\s*\d{5,}"),  # 7^{50000000}
    re.compile(r"\d{5,}\s*\)?\s*!|(?<!\([0-5])!\s*\)\s*!|!\s*\)\s*!\s*\)?\s*!|!\s*!\s*!"),
    re.compile(r"\\d?binom\s*\{\s*\d{5,}"),
]
_TOWER = re.compile(
    r"(\d)\s*\)?\s*\^\s*\{?\s*\(?(\d+)\s*\)?\s*\^(?:\s*\{?\s*\(?(\d{1,2})(?!\d|\s*\)?\s*[\^!]))?"
)
"""10^{10^{10}}; 2^{2^3} is none."""
_DEPTH = 25


def too_big(text: str) -> bool:
    """Whether evaluating a text could take for ever: huge powers, factorials and binomials."""
    if "^" in text and any(not top or int(low) ** int(top) > 400 for _, low, top in _TOWER.findall(text)):
        return True
    return any(pattern.search(text) for pattern in _HUGE)


def too_deep(text: str) -> bool:
    """Whether brackets are nested deeper than any answer of a person."""
    if text.count("(") + text.count("[") + text.count("{") <= _DEPTH:
        return False
    depth = deepest = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        deepest = max(deepest, depth)
    return deepest > _DEPTH
