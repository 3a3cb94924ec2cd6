r"""What stands in boxes: the last ``\boxed{…}``, and several where they are the parts of one answer."""

from __future__ import annotations

import re
from typing import NamedTuple

_LONGEST = 4000
_MOST = 12
_JOINT = re.compile(
    r"(?:\\text\s*\{[^{}]{0,40}\}|\\(?:q?quad|[,;:! ()\[\]])|[\s$,;:&.、，]|"
    r"\b(?:and|or|und|oder|et|ou|y|o|и|или)\b|和|或|及|이고|と)++"
)
"""What joins boxes to one answer, on one line: no word but and, or, and what a text command says."""
_WORDED = re.compile(r"\\text\s*\{([^{}]{0,40})\}")
_LABEL = r"\(?(?:[1-9]|[a-hA-H]|i{1,3}|iv|vi{0,3})[.)]"
_LINED = re.compile(
    rf"[\s$.;,]*(?:\\[\])])?[\s$.;,]*\n\s*(?:[-*•]|{_LABEL})\s[^\n\\]{{0,80}}(?:[$*]{{0,3}}|\\[\[(])\s*"
)
"""From one line of a list to the next one's box."""
_FIRST_LINE = re.compile(rf"(?:^|\n)\s*(?:[-*•]|{_LABEL})\s[^\n]{{0,80}}$")
_ALTERNATIVE = re.compile(r"\b(?:or|oder|ou|или)\b|或")
_NAME = re.compile(r"(?<![\w\\])([A-Za-z](?:_(?:\w|\{\w{1,3}\}))?)\s*(?:=|\\approx)\s*$")
_UNIT = re.compile(r"^[\s$]*(?:[a-z]{2,12}\s){1,2}(?=\s*(?:and|or)\b|,)|^[\s$]*[a-z]{2,12}(?=,)")
"""What a box counts, before the word that joins it to the next: ``\boxed{1} papers and \boxed{2} bins``."""
_TEXT = re.compile(r"[\s,;]*(?:and|or|for (?:part )?\(?\w{1,3}\)?(?: and)?|respectively)?[\s,;]*", re.I)


_FLAT = re.compile(r"\{[^{}\\]*\}")
_SIGNS_BEFORE = frozenset("-+*/^<>≠≤≥{")
_SIGNS_BEHIND = frozenset("-+*/^\\")
_EDGE = re.compile(r"\$|\\[()\[\]]|\n")
_OPERATES = re.compile(
    r"(?:(?<=[=\d\w)}])\s*[-+*/^]|^\s*-|[=(]\s*-|\\(?:cdot|times|neq?|leq?|geq?|lt|gt|pm)|[<≠≤≥]|(?<![-=])>"
    r"|\\sqrt(?:\[\d\])?\{|\\[dt]?frac\{[^{}]{0,20}(?:\{[^{}]{0,20}\})?[^{}]{0,20}\}\{)\s*$"
)
_OPERATED = re.compile(
    r"\s*(?:\^(?!\s*\{?\s*\\circ)|\\(?:pi|cdot|times|sqrt)(?![a-z])|[*/+-]\s*[\d\\a-zA-Z(])"
)
"""What makes a box an operand, before and behind it."""
_BULLET = re.compile(r"^\s*[-*+>]+\s")
_PARTED = re.compile(r"\([ab]\)|\(ii\)|\bpart [ab12]\b", re.I)


class Box(NamedTuple):
    """What a box holds, where it starts and where it ends."""

    content: str
    start: int
    end: int


def boxed(text: str) -> str | None:
    r"""The content of the last complete, non-empty ``\boxed{…}`` or ``\fbox{…}``; ``\boxed 5`` too.

    Boxes joined by nothing but a comma, "and" or "or", and those of the lines of one list, are one answer:
    ``2, 3``.
    """
    box = box_before(text, len(text)) if "box" in text else None
    if box is None:
        return None
    if formula := _formula(text, box):
        return formula
    boxes, alternative = [box], False
    for _ in range(_MOST):
        before = box_before(text, boxes[0].start)
        joint = _joint(text, before, boxes[0].start) if before else None
        if before is None or joint is None:
            break
        if before.content != boxes[0].content:
            alternative = alternative or joint == "or"
        boxes.insert(0, before)
    return (" or " if alternative else ", ").join(_contents(text, boxes))


def parts_boxed(text: str) -> str | None:
    r"""The different contents of all boxes (the last twelve) as one list, None where there are not several.

    Where a name stands before every box, ``y_1 = \boxed{2}``, and each is another one, the names stay.
    """
    boxes: list[Box] = []
    end = len(text)
    while len(boxes) < _MOST and (box := box_before(text, end)):
        if not boxes or box.end <= end:  # no box within a box
            boxes.insert(0, box)
        end = box.start
    contents = _contents(text, boxes)
    return ", ".join(contents) if len(contents) > 1 else None


def _formula(text: str, box: Box) -> str | None:
    r"""The formula that a box is an operand of, without boxes: ``-5`` for ``$x=-\boxed{5}$``; else None."""
    begin, end = max(0, box.start - 120), min(len(text), box.end + 120)
    left, right = text[begin : box.start], text[box.end : end]
    last, first = left.rstrip()[-1:], right.lstrip()[:1]
    if first not in _SIGNS_BEHIND and last not in _SIGNS_BEFORE and not (last.isalpha() and "\\" in left):
        return None  # nothing that the patterns below could begin or end with
    before = _EDGE.split(left)[-1]
    if not text[: box.start - len(before)].endswith(("$", "(", "[")):
        before = _BULLET.sub("", before)
    behind = _EDGE.split(right, maxsplit=1)[0]
    if not (_OPERATES.search(before) or _OPERATED.match(behind)):
        return None
    inside = f"{before}{_operand(box.content)}{behind}"
    for _ in range(4):
        start = inside.find("\\boxed{")
        close = matching(inside, start + 6) if start >= 0 else None
        if close is None:
            break
        inside = inside[:start] + _operand(inside[start + 7 : close]) + inside[close + 1 :]
    return re.split(r"(?<![<>!])=|\\approx", inside)[-1].strip(" .,;")


def _operand(content: str) -> str:
    return content if re.fullmatch(r"-?[\w.]+", content) else f"({content})"


def part_alone(question: str, gold: str, text: str) -> bool:
    """Whether a text's only box is that of one part: of a question or text with parts, or a named value."""
    if _PARTED.search(question) or _PARTED.search(text) or _PARTED.search(gold):
        return True
    box = box_before(text, len(text))
    name = _NAME.search(text, max(0, box.start - 20), box.start) if box else None
    return name is not None and re.search(rf"(?<!\w){re.escape(name[1])}\s*=", gold) is not None


def _contents(text: str, boxes: list[Box]) -> list[str]:
    """What boxes hold, once each, with the names before them where every one has its own."""
    if len(boxes) == 1:
        return [boxes[0].content]
    names = [_NAME.search(text, max(0, box.start - 20), box.start) for box in boxes]
    contents = [box.content for box in boxes]
    if len({name[1] for name in names if name}) == len(boxes) > 1:
        contents = [f"{name[1]} = {content}" for name, content in zip(names, contents, strict=True) if name]
    return list(dict.fromkeys(contents))


def box_before(text: str, end: int) -> Box | None:
    """The last complete, non-empty box before a place."""
    for _ in range(8):  # a run-on of empty boxes is not worth more
        start = max(text.rfind("\\boxed", 0, end), text.rfind("\\fbox", 0, end))
        if start < 0:
            return None
        end = start
        body = start + (6 if text.startswith("\\boxed", start) else 5)
        rest = text[body : body + _LONGEST]
        body += len(rest) - len(rest := rest.lstrip())
        if not rest.startswith("{"):
            if word := re.match(r"[-\w.]+", rest):
                return Box(word.group(), start, body + word.end())
            continue
        close = matching(rest, 0)
        if close is not None and rest[1:close].strip():
            return Box(rest[1:close], start, body + close + 1)
    return None


def matching(text: str, start: int) -> int | None:
    """Where the brace opened at ``start`` closes, or None. Escaped braces ``\\{`` do not count."""
    if flat := _FLAT.match(text, start):
        return flat.end() - 1
    depth = 0
    position = start
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 1
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return None


def _joint(text: str, before: Box, start: int) -> str | None:
    """How a box is joined to the one before it: ``and``, ``or``, or None where it begins an answer anew."""
    if not 0 <= start - before.end <= 160:
        return None  # far away, or a box within a box
    between = text[before.end : start]
    if "\n" in between and _LINED.fullmatch(between):
        listed = _FIRST_LINE.search(text[max(0, before.start - 100) : before.start])
        return "and" if listed else None
    if not between:
        return "and"
    if re.sub(r"[\s$.]", "", between) in ("", "\\]\\["):
        return None  # the box of another formula
    between = _UNIT.sub("", between)
    named = re.sub(r"(?<![\w\\])[A-Za-z](?:_(?:\w|\{\w{1,3}\}))?\s*=\s*$", "", between)
    if not _JOINT.fullmatch(named) or not all(_TEXT.fullmatch(words) for words in _WORDED.findall(named)):
        return None
    if "\n\n" in between or (
        re.search(r"[.:]", re.sub(r"\\[:]", "", named)) and not re.search(r"\b\w+\b", named)
    ):
        return None
    return "or" if _ALTERNATIVE.search(named) else "and"
