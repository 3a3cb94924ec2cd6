"""Documents cut into passages of a size."""

from __future__ import annotations

import re
from typing import Any, Literal

from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem
from limbeck.types import Count, CountOrNone

_PIECES = {"words": re.compile(r"\S+"), "characters": re.compile(r".", re.S)}


def chunks(
    data: Data,
    *,
    size: Count = 200,
    overlap: CountOrNone = 0,
    unit: Literal["words", "characters"] = "words",
) -> Data:
    """Cut each unmarked document into passages of ``size`` words, the last one shorter.

    What is retrieved can be no finer than this cut: `evaluation/retrieval` tells by Precision Omega how much
    of it would be read in vain even by whoever always finds the right passages (arXiv 2502.15854).

    Args:
        size: words of a passage, what blanks part; or characters.
        overlap: how many of them the next passage has again, fewer than ``size``.

    Returns:
        A problem for each passage, its text the question, with ``meta["document"]``, ``start`` and ``end``
        in the document's characters.

    Raises:
        LimbeckError: an overlap as long as a passage.
    """
    cut = []
    for document in (each for each in data.problems if not each.marks):
        bounds = _bounds(document.question, size, overlap, unit)
        cut += [_passage(document, start, end) for start, end in bounds]
    return Data(cut)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned.

    Raises:
        LimbeckError: an overlap as long as a passage, which would never come to an end.
    """
    if given["overlap"] >= given["size"]:
        raise LimbeckError(
            f"knowledge/chunks: overlap={given['overlap']} is no less than size={given['size']}"
        )


def _bounds(text: str, size: int, overlap: int, unit: str) -> list[tuple[int, int]]:
    spans = [match.span() for match in _PIECES[unit].finditer(text)]
    begins = range(0, max(len(spans) - overlap, 1), size - overlap) if spans else ()
    return [(spans[at][0], spans[min(at + size, len(spans)) - 1][1]) for at in begins]


def _passage(document: Problem, start: int, end: int) -> Problem:
    name = str(document.meta.get("document") or document.id)
    meta = {**document.meta, "document": name, "start": start, "end": end}
    return Problem(
        id=f"{document.id}#{start}-{end}",
        question=document.question[start:end],
        source=document.source,
        split=document.split,
        meta=meta,
    )
