"""What is wrong with a trace as a text, whatever it answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from limbeck.records import Trace
from limbeck.texts.loops import longest_loop
from limbeck.texts.refusals import refuses
from limbeck.texts.tags import KINDS as TAGS
from limbeck.texts.tongues import foreign_words
from limbeck.types import Count, Ratio, Settings

Kind = Literal["refusal", "empty_thought", "repetition", "language_switch"]


class Limits(Settings, frozen=True):
    """From where on something is a flaw.

    Args:
        times: how often in a row a passage stands there that is said over and over.
        characters: how long such a stretch is; sums such as ``5 + 5 + 5 + 5`` are short.
        words: how many words are in another language than the question; two characters of Chinese are one.
    """

    times: Ratio = 4.0
    characters: Count = 200
    words: Count = 10


def flaws_of(trace: Trace, question: str, limits: Limits = Limits()) -> Iterator[Kind]:
    """The flaws of a trace, what `curation/flaws` says of them; none of a request that failed."""
    if trace.finish == "error":
        return
    text = f"{trace.reasoning}\n{trace.answer}"
    if refuses(trace.answer or text):
        yield "refusal"
    if trace.format in TAGS and trace.answer.strip() and _empty(trace):
        yield "empty_thought"
    loop = longest_loop(text, limits.times, limits.characters)
    if loop is not None and loop.characters >= limits.characters:
        yield "repetition"
    if foreign_words(text, question) >= limits.words:
        yield "language_switch"


def _empty(trace: Trace) -> bool:
    """Whether nothing but tags and signs is a thought."""
    tags = TAGS[trace.format]
    inner = trace.reasoning
    for tag in (tags.opening, tags.closing, tags.answer_opening):
        inner = inner.replace(tag, "") if tag else inner
    return not any(map(str.isalnum, inner))
