"""How alike two texts are by their letters: static vectors, no model."""

from __future__ import annotations

import math
from collections import Counter

from limbeck.texts.questions import normalise

Vector = dict[str, float]
"""Weights of a text's character trigrams, of length 1; empty for a text without any."""


def vector(text: str) -> Vector:
    """The text's trigrams, weighed by ``1 + log(count)``: in any language and notation, words or none."""
    text = f" {normalise(text).casefold()} "
    counts = Counter(text[at : at + 3] for at in range(len(text) - 2))
    weights = {gram: 1 + math.log(count) for gram, count in counts.items() if gram.strip()}
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {gram: weight / length for gram, weight in weights.items()}


def cosine(first: Vector, second: Vector) -> float:
    """0 for nothing in common, 1 for the same trigrams equally often."""
    if len(first) > len(second):
        first, second = second, first
    return sum(weight * second[gram] for gram, weight in first.items() if gram in second)
