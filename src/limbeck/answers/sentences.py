"""What a sentence says of a number, ``pi is approximately 3.14``, and what it does to it."""

from __future__ import annotations

import re
from fractions import Fraction

from limbeck.answers.normal import quantity, tidy
from limbeck.answers.parts import PROSE
from limbeck.answers.rules import Unsure

_FRAME = re.compile(
    r"^(?:(?:therefore|thus|hence|so|then|finally|in conclusion"
    r"|we (?:get|have|find|obtain|conclude)(?: that)?"
    r"|this (?:gives|means)(?: that)?|it follows that"
    r"|the (?:final |correct )?(?:answer|solution|result)(?: set)?"
    r"(?: is|:))[,:]?\s+)+(?=\S)",
    re.I,
)
_ARROW = re.compile(r"^(?:∴|=+>|→|⇒|\\therefore|\\[Rr]ightarrow|\\implies)\s*(?=\S)")
_ASIDE = re.compile(r"(.{1,200}?)\s*\((?:i\.e\.|that is|not|namely|since|because)[ ,][^()]*\)")
_BEHIND = re.compile(
    r"(?<=\S)\s+(?:is|are) (?:the |our )?(?:final |correct |required |desired |only )?"
    r"(?:answer|solution|result|solution set|range|interval|set|value)s?$",
    re.I,
)
# Words that make of a number another one, a bound, or no answer at all. "More than" does so only before the
# number: "5 more than yesterday" is 5.
TWISTS = re.compile(
    r"(?<![\\\w])(?:(?:not|no|never|cannot|neither|nor|without|except|excluding|other than|rather than"
    r"|instead|at (?:least|most)|up to|or (?:more|fewer|less|greater|above|under)|minus|negative|below|above"
    r"|exceed(?:s|ing)?|roots?|half|halves|twice|double|triple|thirds?|fourths?|quarters? of|squared|cubed"
    r"|factorial|multiples?|and (?:an?|one|two|three|four) [a-z]{2,}|sum|product|difference|quotient"
    r"|reciprocal|inverse|divisible|impossible"
    r"|anything but|over|under|almost|nearly|choose|point(?= \d|$)|one in|first"
    r"|every (?=\d|other|second|third)"
    r"|equation|option|error(?=:| occurred)|an error|errors|wrong|incorrect|mistaken?|initially"
    r"|if|suppose|assuming|one of(?= \d)|times (?:as|more|less|fewer|larger|smaller|the|that|what))(?![\w=])"
    r"|(?:more|less|fewer|greater|larger|smaller|higher|lower|bigger) than\b(?:[^\d]*\d| [a-z]\b)"
    r"|\d+ (?:more|less|fewer) than (?-i:[A-Z])"
    r"|(?:question|line|step|problem|exercise|part|page|case) #?\d)|n['’]t\b",
    re.I,
)
_SAYS = re.compile(
    r"(?P<subject>.*\S(?:\s+(?:it|that)(?=['’]s))?)(?:['’]s|\s+(?:is|are|was|were|equals?|becomes))\s+"
    r"(?:(?:approximately|about|around|roughly|exactly|equal to|also|therefore|then|now|simply|just|given by"
    r"|only|thus|at the point|the point|at)\s+)*(?P<value>\S.*)"
)
_BUT = re.compile(r"(?:.*\s)?not\s[^,.]{1,30},? but(?: rather)? ([-\d\\$(][^\s,]*)")
_AGAIN = re.compile(r"[^\w\d]*(?:(?:which|it|that|but|rather)\W*){0,2}")
_SEVERAL_SAID = re.compile(r"\b(?:is|are|was|were|equals?)\s+[-$\\(]*\d")
_DENIES = re.compile(
    r"\b(?:not|never|no|cannot|neither|nor|if|when|unless|suppose|initially|wrong)\b|n['’]t\b", re.I
)
_SAYS_ABROAD = re.compile(
    r".*(?:是|为|為|等于|等於|得到|は|\s(?:равн[оыа]|равен|составляет|ist|sind|beträgt|ergibt|est|vaut|es|son"
    r"|é|è|sono|são|هو|هي))"
    r"\s*[:]?\s*(?P<value>\S.*)"
)
ABROAD = re.compile(
    "[\u0400-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7afß-öø-ÿ]"
    r"|\b(?:ist|sind|also|daher|donc|est|les|por|tanto|entonces|portanto|quindi|und|el|la)\b"
)
_NUMBERS = re.compile(r"-?(?:\\frac\{-?\d+\}\{\d+\}|\d+/\d+|\d+(?:,\d{3})*(?:\.\d+)?)(?: ?%)?")
_COMPARES = re.compile(
    "больше|меньше|более|менее|大于|小于|多于|少于|超过|不到|至少|至多|最多|最少|不少|以上|以下|보다|이상|이하|미만|초과|より"
    "|أكثر من|أقل من|au moins|au plus|al menos|pelo menos|almeno|не менее|не более"
    "|mehr als|weniger als|mindestens|höchstens|plus de|moins de|más de|menos de|mais de|più di|meno di"
)
_DENIES_ABROAD = re.compile(
    r"(?<!\w)(?:не|нет|nicht|keine?[nmrs]?|pas|jamais|nunca|não|non|sans|ohne|без|ليس|ليست)(?!\w)"
    "|不是|不等|并非|没有|未|ない|ません|아니|않|없|아닙|절반|полов|вдвое|hälfte|doppelt|moitié|mitad|metade|metà|نصف|一半|半|倍",
    re.I,
)
_LISTED = re.compile(r",? and |, ")
_BRACKETED = re.compile(r"[(\[{][^()\[\]{}]{0,80}[)\]}]")
_LONGEST = 400


def unframed(text: str) -> str:
    """A tidy text without ``Therefore,`` before and ``is the solution`` behind it."""
    text = _BEHIND.sub("", _FRAME.sub("", _ARROW.sub("", text)))
    aside = _ASIDE.fullmatch(text) if text.endswith(")") else None
    return aside[1] if aside else text


def named_value(text: str) -> str | None:
    """The value a tidy sentence names, None where it is none that is read here.

    Raises:
        Unsure: a sentence in another language that denies, compares or names several numbers.
    """
    if len(text) > _LONGEST or not PROSE.search(text):
        return None
    if but := _BUT.fullmatch(text):
        return but[1]
    if says := _SAYS.fullmatch(text):
        subject, value = says["subject"], says["value"]
        last = re.split(r"\d", subject)[-1]
        # "It is not 10, it is 12" and "it is 10, which is 12" say one thing of several.
        again = last != subject and _AGAIN.fullmatch(last)
        plain = again or not (_DENIES.search(subject) or _SEVERAL_SAID.search(subject))
        if plain and (known := tidy(value)) in ("R", r"\emptyset"):
            return known
        if plain and len(parts := _LISTED.split(value)) > 1 and all(quantity(part) for part in parts):
            return ", ".join(parts)
        if plain and _is_value(value) and not TWISTS.search(value) and not _DENIES.search(value):
            return value
    if ABROAD.search(text):
        return _abroad(text)
    numbers: list[str] = _NUMBERS.findall(text)
    repeated = len(numbers) > 1 and len(_values(numbers)) == 1 and not twisted(text)
    return numbers[0] if repeated else None


def twisted(text: str) -> bool:
    """Whether the words of a text, in any language, make of its number another one, a bound, or none."""
    return bool(TWISTS.search(text) or _DENIES_ABROAD.search(text) or _COMPARES.search(text))


def _is_value(text: str) -> bool:
    """Whether a tidy text is one value: a number, a tuple or a formula without words."""
    if quantity(text):
        return True
    bare = _BRACKETED.sub("", text)
    return (
        bool(re.search(r"\d|\\[a-z]", text)) and not PROSE.search(text) and not re.search(r"[,;?:]\s", bare)
    )


def _values(numbers: list[str]) -> set[Fraction | None]:
    """The different values of some numbers, 75% and 3/4 being one."""
    known = [quantity(number) for number in numbers]
    return {number.value / (100 if number.percent else 1) if number else None for number in known}


def _abroad(text: str) -> str | None:
    """The value of a sentence in another language: behind the last ``=``, or its only number."""
    if _DENIES_ABROAD.search(text):
        raise Unsure(f"the words of {text[:80]!r} may make another number of it", "unparsed")
    last = re.sub(r"[\s.。!！]+$", "", text.rsplit("=", 1)[-1].strip())
    if "=" in text and quantity(last):
        return last
    clauses = [part for part in re.split(r"[,;]\s+|\.\s", text) if re.search(r"\d", part)]
    kept = [part for part in clauses if not _COMPARES.search(part)]
    if clauses and not kept:
        raise Unsure(f"the words of {text[:80]!r} make a bound of it", "unparsed")
    values: list[str] = _NUMBERS.findall(text if len(kept) == len(clauses) else " ".join(kept))
    if len(_values(values)) == 1:
        return values[0]
    if (says := _SAYS_ABROAD.fullmatch(text)) and _is_value(value := says["value"].strip(" .。!！")):
        return value
    if len(set(values)) > 1:
        raise Unsure("several values in a sentence", "unparsed")
    return None
