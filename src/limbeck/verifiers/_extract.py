"""Finds the answer in what a model wrote (and in a worked reference).

Tried in this order; within one kind the last occurrence counts:

1. a JSON field ``"answer": …`` (fenced, with raw newlines or otherwise broken JSON too),
2. ``\\boxed{…}`` with nested braces,
3. GSM8K's ``#### 18``,
4. a statement: ``The final answer is 18.``, ``**Answer:** 18``, or a line ``A: 18``,
5. no marker at all: a text of one line is the answer; of a longer one only a concluding last line (``So … 18 eggs.``),
   which also overrules a statement in an earlier line.

Every step is linear in the text, so that a megabyte of garbage costs milliseconds.
"""

from __future__ import annotations

import json
import re

_FIELD = re.compile(r'"(?:final[_ ]?)?answer"\s*:\s*', re.I)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.S)
_STATED = re.compile(r"\banswer\b[^\w\n]{0,6}(?:is|are|was|equals|[:=])", re.I)
_LINE_A = re.compile(r"^\W{0,3}A:\s*(.*)$", re.M)
_CLAUSE = re.compile(r"[.!?;](?=\s|$)|\s(?:because|since|so|which|as)\s", re.I)
_INLINE = re.compile(r"(?<!\\)\$(?=\S)([^$]*?[^\s\\])\$(?!\d)|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.S)
_MARKED = re.compile(r"\*\*([^*]+)\*\*|" + _INLINE.pattern, re.S)
_FOLLOWING = re.compile(r"\s*(?:,|,?\s*\b(?:and|or)\b)\s*(?:" + _INLINE.pattern + ")", re.S)
_CONCLUDES = re.compile(r"\W{0,4}(?:so|thus|therefore|hence|altogether|in total|in conclusion|finally)\b", re.I)
_LONGEST = 2000
_NULL = "null"  # a field that is there and empty: whatever stands around it is no answer either
_MARKUP = " \t\r\n\v\f*`\"'“”"


def find_answer(text: str) -> str | None:
    """The answer a text states, stripped of markup, or None where it states none."""
    if "</think>" in text:
        text = text[text.rindex("</think>") + 8 :]
    for find in (_field, _boxed, _hashes, _stated, _unmarked):
        found = find(text)
        if found and (found := clean(found)):
            return None if found == _NULL else found
    return None


def clean(text: str) -> str:
    """Without surrounding space, quotes, asterisks, closing punctuation and math delimiters."""
    text = text.strip(_MARKUP).rstrip(".,;:*").strip(_MARKUP)
    if text[:1] not in ("$", "\\"):
        return text
    for opening, closing in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        inner = text[len(opening) : -len(closing)]
        if len(text) > len(opening + closing) and text.startswith(opening) and text.endswith(closing):
            # "$x$, $y$" opens and closes twice: the outer signs do not belong together.
            return text if opening in inner else inner.strip().rstrip(".,;")
    return text


def _field(text: str) -> str | None:
    if 'nswer"' not in text:
        return None
    end = max((match.end() for match in _FIELD.finditer(text)), default=None)
    if end is None:
        return None
    if quoted := _QUOTED.match(text, end):
        value = _unescape(quoted.group(1))
        return _boxed(value) or value.strip() or _NULL
    value = text[end : end + _LONGEST]
    value = value[: value.find("]") + 1] if value.startswith("[") else re.split(r"[,}\n]", value, maxsplit=1)[0]
    return _NULL if value.strip() in ("null", "None", "") else value


def _unescape(value: str) -> str:
    try:
        plain = json.loads(f'"{value}"', strict=False)
    except ValueError:
        return value.replace('\\"', '"')
    # Models write "\frac" with one backslash, which JSON reads as a form feed and "rac". No answer holds a form feed.
    for control, escape in (("\f", "\\f"), ("\b", "\\b"), ("\t", "\\t"), ("\r", "\\r")):
        plain = plain.replace(control, escape)
    return plain


def _boxed(text: str) -> str | None:
    """The content of the last complete, non-empty ``\\boxed{…}`` or ``\\fbox{…}``; ``\\boxed 5`` too."""
    end = len(text)
    for _ in range(8):  # a run-on of empty boxes is not worth more
        start = max(text.rfind("\\boxed", 0, end), text.rfind("\\fbox", 0, end))
        if start < 0:
            return None
        end = start
        rest = text[start + (6 if text.startswith("\\boxed", start) else 5) :][: _LONGEST * 2].lstrip()
        if not rest.startswith("{"):
            if word := re.match(r"[-\w.]+", rest):
                return word.group()
            continue
        close = matching(rest, 0)
        if close is not None and rest[1:close].strip():
            return rest[1:close]
    return None


def matching(text: str, start: int) -> int | None:
    """Where the brace opened at ``start`` closes, or None. Escaped braces ``\\{`` do not count."""
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


def _hashes(text: str) -> str | None:
    if "#" not in text:
        return None
    start = text.rfind("####")
    if start >= 0:
        return text[start + 4 : start + _LONGEST].lstrip("# ").split("\n", 1)[0]
    whole = text.strip()
    return whole.lstrip("# ") if whole.startswith("#") and "\n" not in whole else None


def _stated(text: str) -> str | None:
    if "nswer" in text or "NSWER" in text:
        last = text.rstrip()[-_LONGEST:].rsplit("\n", 1)[-1]
        if "nswer" not in last.lower() and (concluded := _concluded(text)) and re.search(r"\d", concluded):
            return concluded  # "Answer:" headed a step, the last line says what came of it
        values = [_clause(text[match.end() : match.end() + _LONGEST]) for match in list(_STATED.finditer(text))[-4:]]
        values = [value for value in values if value]
        # "The answer is 18. I hope this answer is helpful": a value with something to compute wins over words.
        for value in reversed(values):
            if re.search(r"[\d\\]", value):
                return value
        if values:
            return values[-1]
    if "A:" in text:
        lines = _LINE_A.findall(text)
        return lines[-1] if lines else None
    return None


def _clause(rest: str) -> str:
    """The first clause after "answer is": its inline math if it has some, otherwise its words."""
    rest = rest.lstrip(_MARKUP + ":")
    boxed = _boxed(rest.split("\n", 1)[0])
    if boxed:
        return boxed
    inline = _INLINE.search(rest)
    if inline and inline.start() <= 40 and "\n" not in rest[: inline.start()].strip():
        parts = [inline]
        while following := _FOLLOWING.match(rest, parts[-1].end()):  # "$2$, $3$ and $5$" is one answer
            parts.append(following)
        return ", ".join(next(group for group in part.groups() if group) for part in parts)
    line = rest.split("\n", 1)[0]
    cut = _CLAUSE.search(line)
    return line[: cut.start()] if cut else line


def _unmarked(text: str) -> str | None:
    text = text.strip()
    if len(text) <= _LONGEST and ("\n" not in text or text.startswith(("\\begin", "$", "\\["))):
        return text
    return _concluded(text)


def _concluded(text: str) -> str | None:
    """A concluding last line, or what stands in it in bold or as mathematics. A number in bold concludes too."""
    last = text[-_LONGEST:].rstrip().rsplit("\n", 1)[-1]
    if not _CONCLUDES.match(last) and not re.search(r"\*\*[^*]*\d[^*]*\*\*", last):
        return None
    marked = [next(group for group in match.groups() if group) for match in _MARKED.finditer(last)]
    marked = [part for part in marked if re.search(r"\d", part)]
    return marked[-1] if marked else last
