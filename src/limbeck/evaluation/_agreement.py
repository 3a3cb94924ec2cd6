"""How far two lists of numbers order the same things alike, ties counted as ties."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from limbeck.ranks import Numbers

Array = np.ndarray


def pairs_of(values: Numbers) -> Array:
    """The difference of every two, ``values[i] - values[j]`` for ``i < j``."""
    upper_P = np.triu_indices(len(values), 1)
    numbers = np.asarray(values, dtype=float)
    differences: Array = numbers[upper_P[0]] - numbers[upper_P[1]]
    return differences


def agree(given: Array, known: Array, tie: float = 0.0) -> Array:
    """Which pairs are in the same order on both sides; a given difference of at most ``tie`` is a tie."""
    order = np.where(np.abs(given) <= tie, 0.0, np.sign(given))
    same: Array = order == np.sign(known)
    return same


def best_tie(groups: Iterable[tuple[Array, Array]]) -> float:
    """The difference up to which given numbers are best called equal (Deutsch et al., arXiv 2305.14324).

    The threshold with most pairs in the right order over all groups; the smallest of equals.
    """
    listed = list(groups)
    given, known = (np.concatenate([group[side] for group in listed]) for side in (0, 1))
    order = np.argsort(np.abs(given), kind="stable")
    size, right, tied = np.abs(given)[order], (np.sign(given) == np.sign(known))[order], (known == 0)[order]
    # With the first pairs ties, so many of all are right: those tied in truth, and the rest by their order.
    hits = np.concatenate([[0], tied.cumsum()]) + right.sum() - np.concatenate([[0], right.cumsum()])
    at = np.arange(len(size) + 1)
    last = np.concatenate([[True], np.append(size[1:] != size[:-1], True)]) if len(size) else np.array([True])
    place = int(at[last][np.argmax(hits[last])])
    return float(size[place - 1]) if place else 0.0


def kendall(given: Numbers, known: Numbers) -> float:
    """Kendall's tau-b; 0 where a side does not vary."""
    left, right = np.sign(pairs_of(given)), np.sign(pairs_of(known))
    spread = np.sqrt((left != 0).sum() * float((right != 0).sum()))
    return float((left * right).sum() / spread) if spread else 0.0
