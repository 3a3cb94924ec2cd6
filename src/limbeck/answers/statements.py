"""Statements of an answer in English, and what a concluding line says: ``The final answer is 18.``"""

from __future__ import annotations

import re

from limbeck.answers.boxes import boxed

_STATED = re.compile(
    r"[Aa](?<!\w[Aa])(?i:nswer\b[^\w\n]{0,6}(?:(?:should|must|would|will) be|is|are|was|equals|[:=]))"
)
"""Begins with a set, which a search skips to, where a pattern of either case is tried at every letter."""
_HEADED = re.compile(r"(?:^|\n)[\W_]*(?:final\s+)?answer[\W_]*\n\s*(\S[^\n]*)", re.I)
_COMPUTED = re.compile(r"[\d\\]")
_LINE_A = re.compile(r"^\W{0,3}A:\s*(.*)$", re.M)
_DISMISSED = re.compile(r"\b(?:previous|earlier|first|initial|original|old)\s*$", re.I)
_CLAUSE = re.compile(
    r"[.!?;](?=\s|$)|\s(?:because|since|so|which|as(?! (?:many|much|large|big|fast|old|long|far)\b))\s", re.I
)
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
_BOLD = r"(?<![\w)\]}*])\*\*(?=[^\s*])([^*\n]{1,300})(?<!\s)\*\*(?![\w(\\{*])"
_MARKED = re.compile(_BOLD + "|" + _INLINE.pattern, re.S)
_BOLD_NUMBER = re.compile(r"(?<![\w)\]}*])\*\*[^*\n]*\d[^*\n]*\*\*")
_JOINED = re.compile(r"\s*(?:,|,?\s*\b(?:and|or)\b)\s*")
_FOLLOWING = re.compile(r"\s*(?:,|,?\s*\b(?:and|or)\b)\s*(?:" + _INLINE.pattern + ")", re.S)
_CONCLUDES = re.compile(
    r"\W{0,4}(?:so|thus|therefore|hence|altogether|in total|in conclusion|finally)\b", re.I
)
_DOTTED = re.compile(r"(?<=\d)(\s?(?:ft|in|yd|mi|lbs?|oz|[ckm]?m|k?g|hrs?|mins?|secs?))\.(?=\s)")
_CONTROL = re.compile(r"(?:<\|[a-z_]{2,20}\|>\w{0,12}\W{0,4}){1,4}$")
_TAIL = 100_000
_LONGEST = 2000
MARKUP = " \t\r\n\v\f*`“\"'”"


def spoken(text: str) -> str:
    """A text without the control tokens of a chat at its end."""
    return _CONTROL.sub("", text[-_TAIL:]) if "<|" in text else text


def stated(text: str) -> str | None:
    """The last answer a text states, or what its last line concludes."""
    if "nswer" in text or "NSWER" in text:
        last = text.rstrip()[-_LONGEST:].rsplit("\n", 1)[-1]
        if "nswer" not in last.lower() and (told := concluded(text)) and re.search(r"\d", told):
            return told  # "Answer:" headed a step, the last line says what came of it
        # "The answer is 18. I hope this answer is helpful": a value with something to compute wins over
        # words.
        words = ""
        for end in statements(text):
            if (value := clause(text[end : end + _LONGEST])) and _COMPUTED.search(value):
                return value
            words = words or value
        if not words and (headed := _HEADED.findall(text[-_LONGEST:])):
            words = clause(headed[-1])
        if words:
            return words
    if "A:" in text:
        lines = _LINE_A.findall(text)
        return lines[-1] if lines else None
    return None


def statements(text: str) -> list[int]:
    """Where the words of the last four statements of an answer end, the last one first; "my previous answer
    was 7" states none."""
    places = _STATED.finditer(text)
    return [match.end() for match in places if not _dismissed(text, match.start())][:-5:-1]


def _dismissed(text: str, start: int) -> bool:
    return _DISMISSED.search(text[max(0, start - 12) : start]) is not None


def clause(rest: str) -> str:
    """The first clause after "answer is": its inline math if it has some, otherwise its words."""
    rest = rest.lstrip(MARKUP + ":")
    line = rest.partition("\n")[0]
    if "box" in line and (box := boxed(line)):
        return box
    # "is equal to $5$": mathematics within a few words is what is stated, further on it is talked about.
    inline = _INLINE.search(rest) if rest.count("$") > 1 or "\\" in rest else None
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


def concluded(text: str) -> str | None:
    """A concluding last line, or what stands in it in bold or as mathematics."""
    last = text[-_LONGEST:].rstrip().rsplit("\n", 1)[-1]
    if not _CONCLUDES.match(last) and not _BOLD_NUMBER.search(last):
        return None
    return marked(last) or last


def marked(line: str) -> str | None:
    """What stands last in a line in bold or as mathematics and holds a digit; several joined are one."""
    spans = [span for span in _MARKED.finditer(line) if re.search(r"\d", span[0])]
    if not spans:
        return None
    parts = [spans[-1]]
    for span in reversed(spans[:-1]):
        if not _JOINED.fullmatch(line, span.end(), parts[0].start()):
            break
        parts.insert(0, span)
    return ", ".join(next(group for group in part.groups() if group) for part in parts)
