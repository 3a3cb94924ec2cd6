"""Prompts with what a model cannot read or should not be asked: links, tables, odd characters."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, get_args

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem
from limbeck.types import Fraction

Kind = Literal["url", "table", "odd_unicode"]
_URL = re.compile(r"(?:https?|ftp)://\S|\bwww\.\w+\.\w", re.IGNORECASE)
_TABLE = re.compile(
    r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?\s*$|\\begin\{tabular|<table\b",
    re.IGNORECASE | re.MULTILINE,
)
_MATHEMATICAL = "Sm", "Sc", "No"
"""Signs of mathematics and money, and numbers in circles or raised: at home in questions."""


def odd_prompts(
    data: Data, *, kinds: tuple[Kind, ...] = ("url", "table", "odd_unicode"), most_odd: Fraction = 0.1
) -> Data:
    """Mark problems by what in their question does not belong there: ``url``, ``table``, ``odd_unicode``.

    The prompt filters of AM-DeepSeek-R1-Distilled-1.4M (arXiv 2503.19633, section 2), whose thresholds are
    not given; these are the house's. A table is one of Markdown, HTML or LaTeX. Odd are characters beyond
    ASCII that are neither letters, marks on letters, digits, blanks, punctuation nor signs of mathematics and
    money: pictographs, box drawing, private use, control and replacement characters. Languages in other
    scripts are not odd.

    Args:
        kinds: what is looked for.
        most_odd: largest share of odd characters.

    Raises:
        LimbeckError: no kind is named.
    """
    if not kinds:
        raise LimbeckError(f"kinds is empty; name some of {', '.join(get_args(Kind))}")

    def looked(problem: Problem) -> Problem:
        text = problem.question
        has = {"url": _URL.search(text), "table": _TABLE.search(text), "odd_unicode": odd(text) > most_odd}
        return marked(problem, *[kind for kind in kinds if has[kind]])

    return Data([looked(problem) for problem in data.problems], data.traces, data.pairs)


def odd(text: str) -> float:
    """The share of a text's characters that are odd; 0 of an empty one."""
    if text.isascii():
        return sum(not (char.isprintable() or char.isspace()) for char in text) / max(1, len(text))
    return sum(map(_odd, text)) / len(text)


def _odd(char: str) -> bool:
    if char.isspace() or (char.isascii() and char.isprintable()):
        return False
    category = unicodedata.category(char)
    return char == "\ufffd" or not (category[0] in "LMNPZ" or category in _MATHEMATICAL)
