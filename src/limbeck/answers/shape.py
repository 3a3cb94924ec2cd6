"""The shape of an answer: a tuple, a set, a list, a union, a matrix, or one thing; and its parts."""

from __future__ import annotations

import re
from functools import lru_cache

from limbeck.answers.normal import quantity, squeeze

_MATRIX = re.compile(r"\\begin\{(?:pmatrix|array)\}(?:\{[clr| ]*\})?(.*)\\end\{(?:pmatrix|array)\}", re.S)
_SCALED = re.compile(
    r"((?:[^{}&]|\{[^{}]*\})+?)\s*\*?\s*(\\begin\{(?:pmatrix|array)\}(?:(?!\\begin).)*\\end\{(?:pmatrix|array)\})",
    re.S,
)
_SIGNS = [(re.compile(r"\\pm(?![a-z])"), "+", "-"), (re.compile(r"\\mp(?![a-z])"), "-", "+")]
_NAMED = re.compile(r"([A-Za-z](?:_\w)?)\s*=\s*([^=<>]+)")


@lru_cache(maxsize=16384)
def shape(text: str) -> tuple[str, list[str]]:
    """Kind and parts: ``one``, ``list``, ``set``, ``union``, ``matrixR`` (rows) or its brackets (``[)``).

    ``1 \\pm 2`` is a set of two, ``[[1, 2], [3, 4]]`` a matrix of two rows.
    """
    text = text.strip()
    if quantity(text):
        return "one", [text]
    if whole := _MATRIX.fullmatch(text):
        rows = [row for row in whole[1].split("\\\\") if row.strip()]
        return f"matrix{len(rows)}", [cell.strip() for row in rows for cell in row.split("&")]
    if scaled := _SCALED.fullmatch(text):
        kind, cells = shape(scaled[2])
        factor = "-1" if scaled[1].strip() == "-" else scaled[1].strip(" *")
        return kind, [f"({factor})*({cell})" for cell in cells]
    if len(parts := split(text)) > 1:
        both = both_signs(parts)
        return ("list" if both == parts else "set"), both
    if len(parts := split(text, "\\cup")) > 1:
        return "union", parts
    inner = text[2:-2] if text.startswith("\\{") else text[1:-1]
    if text.startswith("\\{") and text.endswith("\\}") and _encloses(text[1:-2] + "}"):
        return "set", both_signs(split(inner))
    if text[:1] in ("(", "[") and text[-1:] in (")", "]") and _encloses(text):
        parts = split(inner)
        if len(parts) > 1:
            return _nested(parts) or (text[0] + text[-1], parts)
        if text[0] == "(" and text[-1] == ")":
            return shape(inner) if inner.strip() else ("one", [text])
    parts = both_signs([text])
    return ("one" if len(parts) == 1 else "set"), parts


def split(text: str, by: str = ",") -> list[str]:
    """Split where no bracket is open. Brackets need not match in kind: ``[1, 2)`` is one part."""
    parts, depth, start, position = [], 0, 0, 0
    while position < len(text):
        char = text[position]
        if depth == 0 and text.startswith(by, position):
            parts.append(text[start:position].strip())
            position += len(by)
            start = position
            continue
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth = max(0, depth - 1)
        position += 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def _encloses(text: str) -> bool:
    """Whether the first bracket closes at the very end."""
    depth = 0
    for position, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            return position == len(text) - 1
    return False


def both_signs(parts: list[str]) -> list[str]:
    """``1 \\pm 2`` is two parts, in the order plus, minus."""
    both = []
    for part in parts:
        plus = minus = part
        for sign, first, second in _SIGNS:
            plus, minus = sign.sub(first, plus), sign.sub(second, minus)
        both += [part] if plus == part else [plus.removeprefix("+").strip(), minus]
    return both


def _nested(parts: list[str]) -> tuple[str, list[str]] | None:
    """The rows of ``[[1, 2], [3, 4]]``."""
    if not all(part.startswith("[") and part.endswith("]") and _encloses(part) for part in parts):
        return None
    rows = [split(part[1:-1]) for part in parts]
    if len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
        return None
    return f"matrix{len(rows)}", [cell for row in rows for cell in row]


def named(parts: list[str]) -> dict[str, str] | None:
    """``x = 1, y = 2`` by name, or None where not every part has a name of its own."""
    matches = [_NAMED.fullmatch(part) for part in parts]
    names = {squeeze(match[1]): match[2].strip() for match in matches if match}
    return names if len(names) == len(parts) else None


def grouped(parts: list[str]) -> tuple[list[str], list[str]] | None:
    """``p = 5, q = 2, p = 7, q = 2`` as its names and the tuples (5, 2) and (7, 2); None where names do not
    recur."""
    matches = [_NAMED.fullmatch(part) for part in parts]
    if len(parts) < 4 or not all(matches):
        return None
    pairs = [(squeeze(match[1]), match[2].strip()) for match in matches if match]
    width = next((i for i, pair in enumerate(pairs) if i and pair[0] == pairs[0][0]), 0)
    names = [name for name, _ in pairs[:width]]
    if width < 2 or len(set(names)) < width or len(pairs) % width:
        return None
    groups = [dict(pairs[start : start + width]) for start in range(0, len(pairs), width)]
    if any(set(group) != set(names) for group in groups):
        return None
    return names, ["(" + ", ".join(group[name] for name in names) + ")" for group in groups]
