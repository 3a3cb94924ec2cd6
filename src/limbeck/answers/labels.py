"""Parts of an answer that bear labels: ``(a) 12 (b) 35`` is the list 12, 35."""

from __future__ import annotations

import re

_LABEL = re.compile(r"(?<![\w)])(?:part |Part )?\(?([a-f]|i{1,3}|[1-6])(?:\)|[.:] ) ?(?=\S)")
_ROWS = (("a", "b", "c", "d", "e", "f"), ("i", "ii", "iii"), ("1", "2", "3", "4", "5", "6"))


def labelled(text: str) -> str:
    """The parts of a text in the order of their labels, as a list; a text without such labels as it is."""
    if not text.startswith(("(", "a", "1", "i", "Part ", "part ")):
        return text
    places = list(_LABEL.finditer(text))
    names = [place[1] for place in places]
    row = next((row for row in _ROWS if len(names) > 1 and sorted(names) == list(row[: len(names)])), None)
    if row is None or places[0].start():
        return text
    ends = [*(place.start() for place in places[1:]), len(text)]
    parts = [text[place.end() : end].strip(" ,;.") for place, end in zip(places, ends, strict=True)]
    if not all(re.search(r"[\dA-Za-z]", part) and part[0] not in "+*/=^" for part in parts):
        return text
    return ", ".join(part for _, part in sorted(zip(names, parts, strict=True)))
