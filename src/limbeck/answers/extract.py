"""Finds the answer in what a model wrote (and in a worked reference).

Tried in this order; within one kind the last occurrence counts:

1. a JSON field ``"answer": …`` (fenced, with raw newlines or otherwise broken JSON too),
2. ``\\boxed{…}`` with nested braces,
3. GSM8K's ``#### 18``,
4. a statement: ``The final answer is 18.``, ``**Answer:** 18``, or a line ``A: 18``,
5. no marker at all: a text of one line is the answer; of a longer one only a concluding last line
  (``So … 18 eggs.``),
   which also overrules a statement in an earlier line.

Every step is linear in the text, so that a megabyte of garbage costs milliseconds.
"""

from __future__ import annotations

import json
import re

from limbeck.answers.normal import quantity, tidy

_FIELD = re.compile(r'"(?:final[_ ]?)?answer"\s*:\s*', re.I)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.S)
_STATED = re.compile(r"\banswer\b[^\w\n]{0,6}(?:is|are|was|equals|[:=])", re.I)
_TAGGED = re.compile(r"<answer>((?:[^<]|<(?!/?answer>))*)</answer>")
_HEADED = re.compile(r"(?:^|\n)[\W_]*(?:final\s+)?answer[\W_]*\n\s*(\S[^\n]*)", re.I)
_LINE_A = re.compile(r"^\W{0,3}A:\s*(.*)$", re.M)
_DISMISSED = re.compile(r"\b(?:previous|earlier|first|initial|original|old)\s*$", re.I)
_CORRECTS = re.compile(r"\b(?:wait|actually|correction|recomput\w*)\b", re.I)
_CLAUSE = re.compile(r"[.!?;](?=\s|$)|\s(?:because|since|so|which|as)\s", re.I)
# What goes on behind a mark that could end a clause: "5! = 120", "3; 4", "5 ft. 3 in."
_GOES_ON = {
    "!": (re.compile(r"\d$"), re.compile(r"\s*[-=+*/^]")),
    ";": (
        re.compile(r"[\d)}$]$"),
        re.compile(r"\s*[-$(\\]*\d[\d.,/]*(?<![.,])[)}$]*(?:[.;,]|\s(?:and|or)\b|\s*$)"),
    ),
    ".": (
        re.compile(r"\d\s?(?:ft|in|yd|mi|lbs?|oz|[ckm]?m|k?g|hrs?|mins?|secs?|sq|cu)$"),
        re.compile(r"\s[a-z\d]"),
    ),
}
_FILLER = re.compile(
    r"[\W_]*(?:(?:thus|therefore|hence|then|so|now|simply|just|exactly|clearly|indeed|equal to|given by"
    r"|the (?:number|value)|found to be)[\W_]*)*",
    re.I,
)
_INLINE = re.compile(r"(?<!\\)\$(?=\S)([^$]*?[^\s\\])\$(?!\d)|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.S)
_MARKED = re.compile(r"\*\*([^*]+)\*\*|" + _INLINE.pattern, re.S)
_FOLLOWING = re.compile(r"\s*(?:,|,?\s*\b(?:and|or)\b)\s*(?:" + _INLINE.pattern + ")", re.S)
_CONCLUDES = re.compile(
    r"\W{0,4}(?:so|thus|therefore|hence|altogether|in total|in conclusion|finally)\b", re.I
)
_JOINT = re.compile(r"[\s$]*(?:\\[\])])?(?:,|,?\s*\b(?:and|or)\b)[\s$]*(?:\\[\[(]\s*)?$")
_DOTTED = re.compile(r"(?<=\d)(\s?(?:ft|in|yd|mi|lbs?|oz|[ckm]?m|k?g|hrs?|mins?|secs?))\.(?=\s)")
_HEADING = re.compile(r"\d+[.):](?:\s|$)")
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?=\s*(?:[}\n]|,\s*\"|$))")
_LONGEST = 2000
_NULL = "null"  # a field that is there and empty: whatever stands around it is no answer either
_MARKUP = " \t\r\n\v\f*`\"'“”"


def find_answer(text: str) -> str | None:
    """The answer a text states, stripped of markup, or None where it states none."""
    if "</think>" in text:
        text = text[text.rindex("</think>") + 8 :]
    if "</answer>" in text and (tagged := _TAGGED.findall(text)):
        text = tagged[-1]
    for find in (_field, _boxed, _hashes, _stated, _unmarked):
        answer = clean(find(text) or "")
        if answer:
            if find is _boxed or find is _hashes:
                return _unless_corrected(text, answer)
            return None if answer == _NULL else answer
    return None


def _unless_corrected(text: str, stated: str) -> str | None:
    """The answer, what a later statement corrects it to, or None where that contradicts it without saying
    so."""
    if "nswer" not in text:
        return stated
    start = max(text.rfind("\\boxed"), text.rfind("\\fbox"), text.rfind("####"))
    if "nswer" not in (tail := text[start:]):
        return stated
    later = [clean(_clause(tail[match.end() : match.end() + _LONGEST])) for match in _statements(tail)[-4:]]
    before = quantity(tidy(stated))
    for value in reversed(later):
        other = quantity(tidy(value))
        if before and other and before.percent == other.percent and before.value != other.value:
            return value if _CORRECTS.search(tail) else None
    return stated


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
    value = _unquoted(text[end : end + _LONGEST])
    return _NULL if value.strip() in ("null", "None", "") else value


def _unquoted(value: str) -> str:
    """A number, list or object at the start of a text, as it is written there, in broken JSON too."""
    if grouped := _GROUPED.match(value):
        return grouped[0]
    if value.startswith(("[", "{")):
        try:
            return value[: json.JSONDecoder(strict=False).raw_decode(value)[1]]
        except (ValueError, RecursionError):
            pass
    return (
        value[: value.find("]") + 1] if value.startswith("[") else re.split(r"[,}\n]", value, maxsplit=1)[0]
    )


def _unescape(value: str) -> str:
    try:
        plain: str = json.loads(f'"{value}"', strict=False)
    except ValueError:
        return value.replace('\\"', '"')
    # Models write "\frac" with one backslash, which JSON reads as a form feed and "rac". No answer holds a
    # form feed.
    for control, escape in (("\f", "\\f"), ("\b", "\\b"), ("\t", "\\t"), ("\r", "\\r")):
        plain = plain.replace(control, escape)
    return plain


def _boxed(text: str) -> str | None:
    """The content of the last complete, non-empty ``\\boxed{…}`` or ``\\fbox{…}``; ``\\boxed 5`` too.

    Boxes joined by nothing but a comma, "and" or "or" are one answer: ``2, 3``.
    """
    box = _box(text, len(text)) if "box" in text else None
    if box is None:
        return None
    content, start = box[0], box[1]
    for _ in range(8):
        joint = _JOINT.search(text, max(0, start - 24), start)
        before = _box(text, start) if joint else None
        if joint is None or before is None or before[2] != joint.start():
            break
        if before[0] != content:
            content = f"{before[0]} or {content}" if "or" in joint[0] else f"{before[0]}, {content}"
        start = before[1]
    return content


def _box(text: str, end: int) -> tuple[str, int, int] | None:
    """What the last complete, non-empty box before ``end`` holds, where it starts and where it ends."""
    for _ in range(8):  # a run-on of empty boxes is not worth more
        start = max(text.rfind("\\boxed", 0, end), text.rfind("\\fbox", 0, end))
        if start < 0:
            return None
        end = start
        body = start + (6 if text.startswith("\\boxed", start) else 5)
        rest = text[body : body + _LONGEST * 2]
        body += len(rest) - len(rest := rest.lstrip())
        if not rest.startswith("{"):
            if word := re.match(r"[-\w.]+", rest):
                return word.group(), start, body + word.end()
            continue
        close = matching(rest, 0)
        if close is not None and rest[1:close].strip():
            return rest[1:close], start, body + close + 1
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
        line, _, rest = text[start + 4 : start + _LONGEST].lstrip("# ").partition("\n")
        # "#### Step 3: Add" heads what follows it.
        return line if not rest.strip() or (quantity(tidy(line)) and not _HEADING.match(line)) else None
    whole = text.strip()
    return whole.lstrip("# ") if whole.startswith("#") and "\n" not in whole else None


def _stated(text: str) -> str | None:
    if "nswer" in text or "NSWER" in text:
        last = text.rstrip()[-_LONGEST:].rsplit("\n", 1)[-1]
        if "nswer" not in last.lower() and (concluded := _concluded(text)) and re.search(r"\d", concluded):
            return concluded  # "Answer:" headed a step, the last line says what came of it
        values = [_clause(text[match.end() : match.end() + _LONGEST]) for match in _statements(text)[-4:]]
        if not any(values) and (headed := _HEADED.findall(text[-_LONGEST:])):
            values = [_clause(headed[-1])]
        values = [value for value in values if value]
        # "The answer is 18. I hope this answer is helpful": a value with something to compute wins over
        # words.
        for value in reversed(values):
            if re.search(r"[\d\\]", value):
                return value
        if values:
            return values[-1]
    if "A:" in text:
        lines = _LINE_A.findall(text)
        return lines[-1] if lines else None
    return None


def _statements(text: str) -> list[re.Match[str]]:
    """Where an answer is stated; "my previous answer was 7" states none."""

    def dismissed(match: re.Match[str]) -> bool:
        return bool(_DISMISSED.search(text[max(0, match.start() - 12) : match.start()]))

    return [match for match in _STATED.finditer(text) if not dismissed(match)]


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
        before, end = rest[: inline.start()], parts[-1].end()
        after = rest[end:].split("\n", 1)[0]
        after = after[: _end(after)]
        if _end(before) == len(before):
            if _FILLER.fullmatch(before) and not re.search(r"\w", after):
                return ", ".join(next(group for group in part.groups() if group) for part in parts)
            return rest[: end + len(after)]  # "not $5$", "$5$ cents": the words count
    line = rest.split("\n", 1)[0]
    value = line[: _end(line)]
    if ";" in value:
        value = value.replace(";", ",")
    return _DOTTED.sub(r"\1", value) if "." in value else value


def _end(line: str) -> int:
    """Where the first clause of a line ends."""
    for end in _CLAUSE.finditer(line):
        before, behind = _GOES_ON.get(end[0], (None, None))
        if before is None or behind is None:
            return end.start()
        if not (before.search(line[max(0, end.start() - 8) : end.start()]) and behind.match(line, end.end())):
            return end.start()
    return len(line)


def _unmarked(text: str) -> str | None:
    text = text.strip()
    if len(text) <= _LONGEST and ("\n" not in text or text.startswith(("\\begin", "$", "\\["))):
        return text
    return _concluded(text)


def _concluded(text: str) -> str | None:
    """A concluding last line, or what stands in it in bold or as mathematics. A number in bold concludes
    too."""
    last = text[-_LONGEST:].rstrip().rsplit("\n", 1)[-1]
    if not _CONCLUDES.match(last) and not re.search(r"\*\*[^*]*\d[^*]*\*\*", last):
        return None
    marked = [next(group for group in match.groups() if group) for match in _MARKED.finditer(last)]
    marked = [part for part in marked if re.search(r"\d", part)]
    return marked[-1] if marked else last
