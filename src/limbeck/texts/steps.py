"""Where the steps of a reasoning text begin and end."""

from __future__ import annotations

import itertools
import re
from typing import Literal

from limbeck.errors import unknown

By = Literal["auto", "lines", "paragraphs", "sentences", "numbered"]
_NUMBERED = re.compile(
    r"(?m)^[^\S\n]*(?:#\s*\d+\s*[.:)]|(?:step|Step|STEP)\s+\d+\s*[.:)]?|\d{1,3}\s*[.)](?=\s))"
)
_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9\\$])")


def segment(text: str, by: By = "auto") -> list[tuple[int, int]]:
    """``(start, end)`` in characters of each step. Steps lie end to end: joined, they are the text.

    * ``lines`` and ``paragraphs``: a step ends with a line break, or with blank lines.
    * ``sentences``: a step ends where a full stop, question or exclamation mark is followed by space and a
      beginning.
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
        starts = [found.end() - len(found[0].lstrip()) for found in _NUMBERED.finditer(text)]
    elif by == "paragraphs":
        starts = [found.end() for found in re.finditer(r"\n[ \t\r]*\n\s*", text)]
    elif by == "lines":
        starts = [found.end() for found in re.finditer(r"\n\s*", text)]
    elif by == "sentences":
        starts = [found.end() for found in _SENTENCE.finditer(text)]
    else:
        raise unknown("by", by, ("auto", "lines", "paragraphs", "sentences", "numbered"), "steps")
    first = len(text) - len(text.lstrip())
    if first == len(text):
        return []
    cuts = [0, *sorted({start for start in starts if first < start < len(text)}), len(text)]
    return list(itertools.pairwise(cuts))
