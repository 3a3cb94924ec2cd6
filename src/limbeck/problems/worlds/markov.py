"""Text whose every next letter has a known probability, given the two before it: an oracle to distil from."""

from __future__ import annotations

import math
import random
from functools import cache
from typing import Literal

from msgspec.structs import replace

from limbeck.problems.worlds._worlds import ask, check, distinct, told
from limbeck.records import Data

LETTERS = "abcdefghijkl"
SPARSE = 0.3
"""Of the Dirichlet distribution that a letter's successors are drawn from: a few are likely."""


def markov(
    *,
    n: int = 1000,
    length: int = 24,
    k: int = 1,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "oracle"] = "",
) -> Data:
    """``abc`` is to be gone on from, letter by letter; the two before decide how likely each of twelve is.

    The table of probabilities is the same for every seed and split. No answer is right; what a model has
    learned is its loss on the oracle's text, less the oracle's own.

    Args:
        n: different beginnings.
        length: letters of a text.
        k: texts of each beginning.
        solve: ``oracle`` adds them.

    Returns:
        Problems of verifier ``exact`` without an answer; traces with ``scores["own"]``, the mean of -log p of
        their letters, in nats: its mean is the entropy per letter.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` beginnings.
    """
    check(1, 1000, length=length, k=k)
    rng = random.Random(f"markov/{seed}/{split}")
    beginnings = distinct(n, split, lambda: ("".join(rng.choices(LETTERS, k=4)), None))
    data = Data()
    for start in beginnings:
        problem = replace(ask(start, "", "markov", split, {}), answer=None)
        data.problems.append(problem)
        for number in range(k if solve else 0):
            text, nats = _text(start, length, random.Random(f"markov/{seed}/{start}/{number}"))
            trace = told(problem, text, solve, number=number, outcome="unknown", format="plain")
            data.traces.append(replace(trace, scores={"own": nats / length}))
    return data


def _text(start: str, length: int, rng: random.Random) -> tuple[str, float]:
    """A text of the oracle's, and the sum of -log p over its letters."""
    text, nats = start, 0.0
    for _ in range(length):
        weights = successors(text[-2:])
        letter = rng.choices(LETTERS, weights)[0]
        nats -= math.log(weights[LETTERS.index(letter)])
        text += letter
    return text[len(start) :], nats


@cache
def successors(pair: str) -> tuple[float, ...]:
    """How likely each letter is behind two others."""
    rng = random.Random(f"markov/table/{pair}")
    drawn = [max(rng.gammavariate(SPARSE, 1.0), 1e-6) for _ in LETTERS]
    return tuple(each / sum(drawn) for each in drawn)
