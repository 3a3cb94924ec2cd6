"""Lists, sets and permutations of words or numbers."""

from __future__ import annotations

import re
from collections import Counter

from limbeck.answers import json_text
from limbeck.answers.extract import find_answer
from limbeck.answers.normal import quantity, tidy
from limbeck.records import Problem, Trace, Verdict

_NUMBERING = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•])\s+")
_LEAD = re.compile(
    r"(?:(?:so|thus|therefore|hence),?\s+)?(?:the|my|our|here)\s+(?:\w+\s+){0,5}(?:is|are):?\s+(?=\S)"
    r"|[^,;:\n\[\](){}\"]{1,60}:[^\S\n]+(?=\S)",
    re.I,
)
"""Words before a list on its line: "The order is", "Sorted:"."""
_LONGEST = 100_000
VERSION = 3


def listed(
    problem: Problem, trace: Trace, *, order: bool = True, duplicates: bool = True, casefold: bool = True
) -> Verdict:
    r"""The items of a list are those of the reference.

    Items are separated by commas, semicolons or lines, the last perhaps by ``and``; a list of one line with
    none of these is separated by spaces; JSON, brackets, quotes, bullets and numbering are understood. Items
    that are numbers are compared as numbers. A fence, a heading (``Sorted:``, ``The order is``) and a
    sentence before or after an empty line are no items. An answer without any item is ``unparsed``; a
    reference without any is ``unknown``.

    Args:
        order: whether the order counts; a permutation is checked with true, a set with false.
        duplicates: whether it counts how often an item appears.
        casefold: whether ``Pear`` is ``pear``.
    """
    reference = problem.answer or ""
    golds = _items(reference, casefold)
    if not golds:
        return Verdict("listed", "unknown", reason=f"no list in the reference {reference[:80]!r}")
    text = trace.answer
    marked = find_answer(text) or (text.strip() if len(text) <= _LONGEST else "")
    items = _items(marked, casefold)
    if items != golds:
        items = _items(_bare(marked, reference), casefold) or items
    if not items:
        return Verdict("listed", "unparsed", reason="no list found")
    if not duplicates:
        golds, items = list(dict.fromkeys(golds)), list(dict.fromkeys(items))
    lacking = ", ".join((Counter(golds) - Counter(items)).elements())
    more = ", ".join((Counter(items) - Counter(golds)).elements())
    shown = ", ".join(items)[:200]
    if lacking or more:
        words = [f"{word} {some[:100]}" for word, some in (("lacks", lacking), ("has also", more)) if some]
        return Verdict("listed", "wrong", shown, " and ".join(words))
    if order and golds != items:
        place = [gold != item for gold, item in zip(golds, items, strict=True)].index(True)
        told = f"item {place + 1} is {items[place][:80]}, not {golds[place][:80]}"
        return Verdict("listed", "wrong", shown, told)
    return Verdict("listed", "correct", shown, f"{len(items)} items as in the reference")


def _bare(text: str, reference: str) -> str:
    """A reply without fences, headings and sentences, as far as the reference has none itself."""
    text = "\n".join(json_text.data_lines(json_text.fenced(text[:_LONGEST]))).strip()
    if "\n" in text or text.startswith(("[", "{")) or _LEAD.match(reference.strip()):
        return text
    return _LEAD.sub("", text, count=1) if _LEAD.match(text) else text


def _items(text: str, casefold: bool) -> list[str]:
    text = text.strip()[:_LONGEST]
    if text.startswith("["):
        parsed = json_text.load(text)
        if isinstance(parsed, list):
            return [item for part in parsed if (item := _item(str(part), casefold))]
    text = re.sub(r"^(?:\\[{(\[]|[\[({<])|(?:\\[})\]]|[\])}>])$", "", text).strip()
    if "\n" in text:
        parts = [_NUMBERING.sub("", line).rstrip(",;") for line in text.splitlines()]
    elif re.search(r"[,;]", text):
        parts = re.split(r"[,;]", re.sub(r"[,;]?\s+and\s+(?=[^,;]*$)", ",", text))
    elif re.search(r"\s+and\s+", text):
        parts = re.split(r"\s+and\s+", text)
    else:
        parts = text.split()
    return [item for part in parts if (item := _item(part, casefold))]


def _item(text: str, casefold: bool) -> str:
    """One spelling of an item; numbers as fractions."""
    text = " ".join(text.strip(" \t\"'`*“”.").split())
    if len(text) <= 40 and text[:1] in "-+.0123456789" and (value := quantity(tidy(text))):
        return f"{value.value}{'%' * value.percent}{' ' * bool(value.unit)}{value.unit}"
    return text.casefold() if casefold else text
