"""Sums of digits, modulo 10 or fewer, and how they are added up: what `padded` solves and `judged` shows."""

from __future__ import annotations

import random


def question(low: int, high: int, rng: random.Random, modulus: int = 10) -> str:
    """A sum with ``low`` to ``high`` additions of numbers below ``modulus``, every length equally likely."""
    return "+".join(rng.choice("0123456789"[:modulus]) for _ in range(rng.randint(low, high) + 1))


def additions(question: str, slip: int = -1, error: int = 0, modulus: int = 10) -> list[tuple[int, int, int]]:
    """``left + right = total`` for each addition; number ``slip`` is off by ``error``, and the rest follows
    from it."""
    left, *terms = map(int, question.split("+"))
    lines = []
    for at, term in enumerate(terms):
        total = (left + term + (error if at == slip else 0)) % modulus
        lines.append((left, term, total))
        left = total
    return lines
