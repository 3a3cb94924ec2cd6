"""Running totals with four options: multiple choice whose options can be put in any order."""

from __future__ import annotations

import random

from limbeck.checkers.totals import worked
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct
from limbeck.records import Data

LETTERS = "ABCD"


def option_sums(
    *, n: int = 2000, low: int = 2, high: int = 4, most: int = 9, seed: int = 0, split: str = "train"
) -> Data:
    """Sums such as ``7+5+4`` and four totals near the right one, a line each: ``(A) 15``.

    Args:
        n: different sums.
        low: fewest additions.
        high: most additions; every length is equally likely.
        most: the largest number in a sum.

    Returns:
        Problems of verifier ``choice``, the right option anywhere with equal chance; ``meta`` has the
        ``options``, a list, and ``additions``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different sums.
    """
    check_bounds(low, high, 1, 8)
    check(1, 99, most=most)
    rng = random.Random(f"option_sums/{seed}/{split}")

    def draw() -> tuple[str, list[int]]:
        terms = [rng.randint(1, most) for _ in range(rng.randint(low, high) + 1)]
        total = sum(terms)
        near = [total + gap for gap in (-3, -2, -1, 1, 2, 3) if total + gap > 0]
        return "+".join(map(str, terms)), rng.sample([total, *rng.sample(near, 3)], 4)

    data = Data()
    for chain, options in distinct(n, split, draw).items():
        lines = "\n".join(f"({letter}) {option}" for letter, option in zip(LETTERS, options, strict=True))
        steps = worked(chain)
        meta = {"options": [str(option) for option in options], "additions": len(steps)}
        answer = LETTERS[options.index(steps[-1][-1])]
        question = f"{chain} is\n{lines}"
        data.problems.append(ask(question, answer, "option_sums", split, meta, verifier="choice"))
    return data
