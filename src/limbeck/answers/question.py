"""What the words of a question say of its answer: whether order counts, whether a percentage may be meant."""

from __future__ import annotations

import re
from functools import lru_cache

from limbeck.answers.arithmetic import evaluate
from limbeck.answers.rules import STRICT, Rules

_FREE = re.compile(r"\b(?:all|roots|solutions|zeros|factors|divisors|values)\b", re.I)
_NOT_FREE = re.compile(
    r"\band the\b|\b(?:respectively|minimum|maximum|smaller|smallest|larger|largest|mean|median)\b"
    r"|\bvalues? (?:of|for) \$?[a-z]\$?(?:, ?\$?[a-z]\$?)*,? and\b",
    re.I,
)
_ORDERED = re.compile(
    r"\b(?:ordered(?! (?:pair|triple|tuple|quadruple))|respectively"
    r"|in (?:that|this|increasing|decreasing|ascending|descending) order)\b"
)
_PERCENT = re.compile(
    r"%|\bper\s?cent|\b(?:rate|interest|discount|probability|chance|likel|increase|decrease)", re.I
)


_POINT = re.compile(r"\b(?:coordinates?|points?|vert(?:ex|ices)|ordered (?:pair|triple)s?)\b", re.I)


@lru_cache(maxsize=4096)
def percent_asked(question: str) -> bool:
    """Whether a question may want a percentage: it speaks of one, or there is no question."""
    return not question.strip() or bool(_PERCENT.search(question))


def coordinates_asked(question: str) -> bool:
    """Whether a question asks for a point, whatever brackets stand around it."""
    return bool(_POINT.search(question))


@lru_cache(maxsize=4096)
def order_is_free(question: str) -> bool:
    """Whether a question asks for several values in no particular order."""
    return bool(_FREE.search(question)) and not _ORDERED.search(question) and not _NOT_FREE.search(question)


@lru_cache(maxsize=4096)
def solutions_asked(question: str) -> bool:
    """Whether a question asks for all of something, so that a parameter of the answer may have any name."""
    return bool(_FREE.search(question))


_NUMBER_ASKED = re.compile(
    r"\bhow (?:many|much|old|far|long|tall|wide|fast|heavy)\b|\b(?:calculate|compute|evaluate)\b"
    r"|\b(?:what is|find) (?:the (?:value|difference|number|sum|total)\b|\d)",
    re.I,
)
_NO_NUMBER_ASKED = re.compile(
    r"\b(?:scores?|scored|games?|match(?:es)?|sets?|records?|ratio|range|interval|dates?"
    r"|express(?:ed|ions?)?|formulas?|equations?|forms?|writ(?:e|ten))\b",
    re.I,
)
_DIFFERENCE = re.compile(r"(?=.*-)[1-9]\d{0,8}(?: ?[-+] ?[1-9]\d{0,8})+")


def worked_out(golds: tuple[str, ...], question: str) -> tuple[str, ...]:
    """The references, and the value of one such as ``11-9`` where a question asks for one number.

    It may be a score or a range as well where the question, or its absence, leaves that open; a range grows,
    so that a difference below zero is none to rely on.
    """
    differences = [gold for gold in golds if "-" in gold and _DIFFERENCE.fullmatch(gold)]
    if not differences or not _NUMBER_ASKED.search(question) or _NO_NUMBER_ASKED.search(question):
        return golds
    values = [evaluate(difference)[0] for difference in differences]
    return golds + tuple(str(value) for value in values if value > 0)


def order_counts(question: str) -> bool:
    """Whether a question says that the order of several values counts."""
    return bool(_ORDERED.search(question))


_NO_PERCENT = Rules(percent=False)
SEVERAL = re.compile(r"[,;]|\band\b")
"""What stands between the values of an answer that has several."""


def rules_for(question: str, answer: str, order: str, tolerance: float) -> Rules:
    """How an answer to a question is compared; ``order`` as `limbeck.verifiers.answers.math` has it."""
    return _rules(question, SEVERAL.search(answer) is not None, order, tolerance)


@lru_cache(maxsize=4096)
def _rules(question: str, several: bool, order: str, tolerance: float) -> Rules:
    counted = order == "free"
    free = counted
    if order == "auto" and several:
        counted = order_is_free(question)
        # Without a question nothing says that the order of a list counts.
        free = counted or not question.strip()
    percent = percent_asked(question)
    solutions = solutions_asked(question)
    if free or tolerance or solutions:
        return Rules(free, percent, tolerance, counted, solutions)
    return STRICT if percent else _NO_PERCENT
