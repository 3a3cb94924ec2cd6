"""Texts in which cues imply the next operation, with and without the rationales that say which."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data, Problem, Trace

LETTERS = "abcdefghijklmnopqrst"
OPERATIONS = "ABCDEFGHIJ"
"""What can be done; each writes the digit of its place, ``A`` 0 and ``J`` 9."""
IMPLIED = dict(zip(LETTERS, random.Random("cues").sample(OPERATIONS * 2, len(LETTERS)), strict=True))
"""What each letter implies; two letters imply the same."""


def cues(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 4,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "plain", "explained"] = "",
    share: float = 0.5,
    useful: float = 1.0,
    strange: bool = False,
) -> Data:
    """Letters, ``ac``, each followed in the text by what the operation that it implies writes: ``;a7;c1``.

    Which operation a letter implies is said nowhere; it is fixed, one of ten for each of 20 letters. An
    explained text has rationales before some steps, which name the operation: ``[H];a7[B];c1``. They are
    there to be read: their weight is 0, so whoever trains on such a text learns to use them and not to write
    them.

    Args:
        n: different questions.
        low: fewest letters.
        high: most letters; every length is equally likely.
        solve: adds a ``plain`` or an ``explained`` text to each.
        share: probability that a step of an explained text has a rationale before it.
        useful: probability that a rationale is the true one; else it names one of the nine other operations.
        strange: letters imply anything, each time anew. Only rationales tell, and digits without one weigh
            nothing: such texts teach to read rationales and nothing of what letters imply.

    Returns:
        Problems of verifier ``exact``, answered by the last letter and its digit; ``meta["rationales"]``
        lists the true ones. Explained traces have ``params["references"]``, the true rationale in each one's
        place. A strange text is right by its own meanings.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check_bounds(low, high, 1, 20)
    check(0, 1, share=share, useful=useful)
    rng = random.Random(f"cues/{seed}/{split}")
    questions = distinct(n, split, lambda: ("".join(rng.choices(LETTERS, k=rng.randint(low, high))), None))
    data = Data()
    for question in questions:
        implied = [IMPLIED[letter] for letter in question]
        answer = question[-1] + written(implied[-1])
        problem = ask(question, answer, "cues", split, {"rationales": implied})
        data.problems.append(problem)
        if solve:
            draws = random.Random(f"cues/{seed}/{solve}/{problem.id}")
            meant = draws.choices(OPERATIONS, k=len(question)) if strange else implied
            given = share if solve == "explained" else 0.0
            data.traces.append(_trace(problem, meant, solve, given, useful, strange, draws))
    return data


def written(operation: str) -> str:
    """The digit that an operation writes."""
    return str(OPERATIONS.index(operation))


def _trace(
    problem: Problem,
    meant: list[str],
    solve: str,
    share: float,
    useful: float,
    strange: bool,
    rng: random.Random,
) -> Trace:
    """The text, its rationales without weight."""
    text, weights, references = "", [], []
    for letter, operation in zip(problem.question, meant, strict=True):
        explained = rng.random() < share
        if explained:
            guess = operation if rng.random() < useful else rng.choice(OPERATIONS.replace(operation, ""))
            weights.append((len(text), len(text) + 3, 0.0))
            references.append(operation)
            text += f"[{guess}]"
        if strange and not explained:
            weights.append((len(text) + 2, len(text) + 3, 0.0))
        text += f";{letter}{written(operation)}"
    trace = told(problem, text, solve, outcome="correct", params={"references": references})
    trace.weights = weights
    return trace
