"""What a reasoning does with its length: where it is right first, what it repeats, which ways it leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from limbeck.records import Trace
from limbeck.texts.parts import ABANDONED, Part, by_cues, cues_of, parts_of, standing, texts_of
from limbeck.texts.steps import Cutting

ALIKE = 0.6
"""Share of a step's word sequences that stood there before from which on it says the same again."""
GRAM = 3
_PIECE = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[-+*/=×÷<>]")


def labelled(trace: Trace, cutting: Cutting) -> tuple[list[Part], list[str]]:
    """The parts that `curation/segmented` noted, or else those that words tell, and what each says."""
    parts = parts_of(trace) or by_cues(trace, cutting, cues_of({}, "texts/thoughts"))
    return parts, texts_of(trace.reasoning, parts)


def first_right(steps: Sequence[str], answer: str) -> float | None:
    """Share of a reasoning up to the end of the first step in which an answer stands as a whole; None where
    none has it.

    In characters, which is near what tokens would say. A number that the answer equals by chance, of the
    question or of a step on the way, counts too: short answers come early.
    """
    total, read = sum(map(len, steps)), 0
    whole = standing(answer)
    for step in steps:
        read += len(step)
        if whole is not None and whole.search(step):
            return read / total
    return None


def repeats(
    steps: Sequence[str], seen: Sequence[str] = (), alike: float = ALIKE, gram: int = GRAM
) -> list[bool]:
    """Which steps say again what stood in the steps before, or in ``seen``, such as the question.

    A step does where so many of its sequences of ``gram`` words, numbers and signs of calculation stood there
    already. One that is told in other words is not noticed; a step too short for a sequence is none. Linear
    in the text.
    """
    known: set[tuple[str, ...]] = set()
    for text in seen:
        known.update(_grams(text, gram))
    told = []
    for step in steps:
        grams = _grams(step, gram)
        told.append(bool(grams) and sum(each in known for each in grams) >= alike * len(grams))
        known.update(grams)
    return told


def _grams(text: str, gram: int) -> list[tuple[str, ...]]:
    pieces = _PIECE.findall(text.casefold())
    return [tuple(pieces[at : at + gram]) for at in range(len(pieces) - gram + 1)]


def approaches(parts: Sequence[Part]) -> tuple[int, int]:
    """How many approaches a reasoning has, and how many of them are abandoned."""
    states = {part.approach: part.state for part in parts if part.approach}
    return len(states), sum(state == ABANDONED for state in states.values())
