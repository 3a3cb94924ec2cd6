"""What methods of this room share: marks that leave their input alone, and texts to compare and measure."""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from limbeck.records import Pair, Problem, Trace
from limbeck.texts.questions import normalise as one_spelling

Record = TypeVar("Record", Problem, Trace, Pair)


def marked(record: Record, *reasons: str) -> Record:
    """The record with further marks; the record itself when it bears them all already."""
    new: list[str] = [reason for reason in dict.fromkeys(reasons) if reason not in record.marks]
    return replace(record, marks=[*record.marks, *new]) if new else record


def normalise(text: str) -> str:
    """Text as comparisons see it: in one spelling, case folded."""
    return one_spelling(text).casefold()
