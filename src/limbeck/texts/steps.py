"""Where the steps of a reasoning text begin and end."""

from __future__ import annotations

import itertools
import re
from typing import Literal

from limbeck.errors import LimbeckError, unknown
from limbeck.records import Trace
from limbeck.texts.traces import full_text
from limbeck.types import Settings

By = Literal["auto", "lines", "paragraphs", "sentences", "numbered"]
_NUMBERED = re.compile(
    r"(?m)^[^\S\n]*(?:#\s*\d+\s*[.:)]|(?:step|Step|STEP)\s+\d+\s*[.:)]?|\d{1,3}\s*[.)](?=\s))"
)
_SENTENCE = re.compile(
    r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9\\$])|(?<=[。！？])[」』”’）]*\s*(?=[^\s。！？」』”’）])"
)


def segment(text: str, by: By = "auto") -> list[tuple[int, int]]:
    """``(start, end)`` in characters of each step. Steps lie end to end: joined, they are the text.

    * ``lines`` and ``paragraphs``: a step ends with a line break, or with blank lines.
    * ``sentences``: a step ends where a full stop, question or exclamation mark is followed by space and a
      beginning, or behind the full-width ones of Chinese and Japanese.
    * ``numbered``: a step begins at ``1.``, ``Step 1:`` or ``#1.`` at the start of a line.
    * ``auto``: numbered where at least two such steps are there, else paragraphs, lines, sentences, whichever
      first gives more than one step.

    Space between steps belongs to the step before it, space before the first to the first; a text of space
    alone has no step.

    Raises:
        LimbeckError: for an unknown ``by``.
    """
    if by == "auto":
        for kind in ("numbered", "paragraphs", "lines"):
            if len(spans := segment(text, kind)) > 1:
                return spans
        return segment(text, "sentences")
    if by == "numbered":
        starts = [head.end() - len(head[0].lstrip()) for head in _NUMBERED.finditer(text)]
    elif by == "paragraphs":
        starts = [gap.end() for gap in re.finditer(r"\n[ \t\r]*\n\s*", text)]
    elif by == "lines":
        starts = [gap.end() for gap in re.finditer(r"\n\s*", text)]
    elif by == "sentences":
        starts = [gap.end() for gap in _SENTENCE.finditer(text)]
    else:
        raise unknown("by", by, ("auto", "lines", "paragraphs", "sentences", "numbered"), "steps")
    first = len(text) - len(text.lstrip())
    if first == len(text):
        return []
    cuts = [0, *sorted({start for start in starts if first < start < len(text)}), len(text)]
    return list(itertools.pairwise(cuts))


class Cutting(Settings, frozen=True):
    """How a text is cut into steps.

    Args:
        by: a kind of `segment`.
        separator: regular expression of what begins a step, in place of ``by``.
    """

    by: Literal["auto", "lines", "paragraphs", "sentences", "numbered"] = "auto"
    separator: str = ""


def ends(text: str, cutting: Cutting) -> list[int]:
    """Where each step of a text ends, in characters; the last at its end.

    Raises:
        LimbeckError: an unknown ``by``, or no regular expression.
    """
    if not cutting.separator:
        return [end for _, end in segment(text, cutting.by)]
    try:
        cuts = [match.start() for match in re.finditer(cutting.separator, text)]
    except re.error as error:
        raise LimbeckError(f"separator={cutting.separator!r} is no regular expression: {error}") from None
    return [*(cut for cut in cuts if cut > 0), *([len(text)] if text else [])]


def steps_of(trace: Trace, cutting: Cutting) -> tuple[str, list[int]]:
    """The exact text of a trace and where each step of its reasoning ends in it.

    A trace without reasoning is cut by its answer. What follows the reasoning belongs to the last step.

    Raises:
        LimbeckError: as `ends`, or an unknown format.
    """
    text = full_text(trace)
    body = trace.reasoning or trace.answer
    shift = max(text.find(body), 0)
    cuts = [shift + end for end in ends(body, cutting)]
    return text, [*cuts[:-1], len(text)] if cuts else []
