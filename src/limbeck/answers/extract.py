"""Finds the answer in what a model wrote (and in a worked reference).

Tried in this order; within one kind the last occurrence counts:

1. a JSON field ``"answer": …`` (fenced, with raw newlines or otherwise broken JSON too),
2. ``\\boxed{…}`` with nested braces,
3. GSM8K's ``#### 18``,
4. a statement: ``The final answer is 18.``, ``**Answer:** 18``, or a line ``A: 18``,
5. a statement in another language: ``答案是18``, ``Ответ: 18``, ``Die Antwort ist 18.``,
6. no marker at all: a text of one line is the answer; of a longer one only a concluding last line
   (``So … 18 eggs.``), which also overrules a statement in an earlier line.

What is said behind a box or ``####`` may correct it (``Actually, it should be 13``), or contradict it: then
there is no answer. Of a text without any marker `limbeck.answers.endings` reads the last line.

Every step is linear in the text, so that a megabyte of garbage costs milliseconds.
"""

from __future__ import annotations

import re

from limbeck.answers.boxes import boxed
from limbeck.answers.fields import NULL, field
from limbeck.answers.languages import stated_abroad
from limbeck.answers.marks import unbold
from limbeck.answers.normal import quantity, tidy
from limbeck.answers.statements import MARKUP, clause, concluded, spoken, stated, statements

_TAGGED = re.compile(r"<answer>((?:[^<]|<(?!/?answer>))*)</answer>")
_HEADING = re.compile(r"\d+[.):](?:\s|$)")
_CORRECTS = re.compile(r"\b(?:wait|actually|corrections?|correcting|mistake|oops|sorry|recomput\w*)\b", re.I)
_INSTEAD = re.compile(
    r"\b(?:it|this|that|(?:value|result|number|total|one))\s+(?:should|must)\s+(?:be|have been)\b"
    r"|\b(?:correct|right|true|actual|corrected) (?:value|result|number|total|one|answer)(?:\s+is|:)"
    r"|\bcorrection:|\bI meant\b",
    re.I,
)
_DEGREES = MARKUP.strip("\"'”")  # 36° 52' 12"
_PICTURES = re.compile(
    "^[\\s\u2190-\u21ff\u25a0-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]+|[\\s\u2190-\u21ff\u25a0-\u27bf\u2b00-\u2bff\ufe0f\u220e\U0001f000-\U0001faff]+$"
)
_LONGEST = 2000


def find_answer(text: str) -> str | None:
    """The answer a text states, stripped of markup, or None where it states none."""
    if "</think>" in text:
        text = text[text.rindex("</think>") + 8 :]
    text = spoken(text)
    if "</answer>" in text and (tagged := _TAGGED.findall(text)):
        text = tagged[-1]
    # From what is meant to be read by machines to what a reader would take for the answer.
    for find in (field, boxed, _hashes, stated, stated_abroad, _unmarked):
        if (told := find(text)) and (answer := clean(told)):
            if find is boxed or find is _hashes:
                return _unless_corrected(text, answer)
            return None if answer == NULL else answer
    return None


def _unless_corrected(text: str, boxed_or_hashed: str) -> str | None:
    """The answer, what a later statement corrects it to, or None where that only contradicts it."""
    start = max(text.rfind("\\boxed"), text.rfind("\\fbox"), text.rfind("####"))
    tail = text[start:]
    if len(tail) < len(boxed_or_hashed) + 24:
        return boxed_or_hashed
    corrects = _CORRECTS.search(tail)
    places = statements(tail) if "nswer" in tail else []
    places += [match.end() for match in _INSTEAD.finditer(tail)][-4:] if corrects else []
    before = quantity(tidy(boxed_or_hashed))
    for place in sorted(places, reverse=True):
        value = clean(clause(tail[place : place + _LONGEST]))
        other = quantity(tidy(value))
        if before and other and before.percent == other.percent and before.value != other.value:
            return value if corrects else None
    return boxed_or_hashed


def clean(text: str) -> str:
    """Without surrounding space, quotes, asterisks, closing punctuation and math delimiters."""
    if "**" in text:
        text = unbold(text.strip())
    if not text.isascii():
        text = _PICTURES.sub("", text)
    markup = _DEGREES if "°" in text or "circ" in text else MARKUP
    text = text.strip(markup).rstrip(".,;:*").removesuffix("\\").strip(markup)
    if text[:1] not in ("$", "\\"):
        return text
    for opening, closing in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        inner = text[len(opening) : -len(closing)]
        if len(text) > len(opening + closing) and text.startswith(opening) and text.endswith(closing):
            # "$x$, $y$" opens and closes twice: the outer signs do not belong together.
            return text if opening in inner else inner.strip().rstrip(".,;")
    return text


def _hashes(text: str) -> str | None:
    if "#" not in text:
        return None
    start = text.rfind("####")
    if start >= 0:
        line, _, rest = text[start + 4 : start + _LONGEST].lstrip("#:= ").partition("\n")
        # "#### Step 3: Add" heads what follows it.
        return line if not rest.strip() or (quantity(tidy(line)) and not _HEADING.match(line)) else None
    whole = text.strip()
    return whole.lstrip("# ") if whole.startswith("#") and "\n" not in whole else None


def _unmarked(text: str) -> str | None:
    text = text.strip()
    if text.startswith("> "):
        text = re.sub(r"(?m)^> ?", "", text)
    if len(text) <= _LONGEST and ("\n" not in text or text.startswith(("\\begin", "$", "\\["))):
        return text
    return concluded(text)
