"""A substitution cipher as a language to translate: common letters by a table, rare capitals by their
neighbour."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check, distinct, told
from limbeck.records import Data

COMMON, RARE = "abcdefghijkl", "UVWXYZ"


def cipher(
    *,
    n: int = 2000,
    length: int = 10,
    rare: float = 0.05,
    table: int = 0,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "key"] = "",
) -> Data:
    """Words such as ``hdkaXecbla`` to translate sign by sign: ``fkelechagl``; capitals are rare and hard.

    A common letter always becomes the same letter. What a capital becomes depends on the letter before it
    too, so that six rare signs need as many lessons as seventy common ones would.

    Args:
        n: different words.
        length: signs of a word.
        rare: probability that a sign is a capital.
        table: which cipher.
        solve: ``key`` adds the translation as a trace: ``;fkelechagl``.

    Returns:
        Problems of verifier ``exact``; ``meta["rare"]`` lists the positions of capitals in question and
        answer, counted from 0.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different words.
    """
    check(1, 36, length=length)
    check(0, 1, rare=rare)
    rng = random.Random(f"cipher/{seed}/{split}")
    key = Key(table)

    def draw() -> tuple[str, None]:
        return "".join(rng.choice(RARE if rng.random() < rare else COMMON) for _ in range(length)), None

    data = Data()
    for word in distinct(n, split, draw):
        positions = [at for at, sign in enumerate(word) if sign in RARE]
        problem = ask(word, key.translate(word), "cipher", split, {"rare": positions, "table": table})
        data.problems.append(problem)
        if solve:
            data.traces.append(told(problem, f";{problem.answer}", solve))
    return data


class Key:
    """One cipher: a permutation of the common letters, and one more for every capital."""

    def __init__(self, table: int) -> None:
        rng = random.Random(f"cipher/table/{table}")
        self.rows = {sign: rng.sample(COMMON, len(COMMON)) for sign in ["", *RARE]}

    def translate(self, word: str) -> str:
        """Sign by sign; a capital takes its row at the letter before it, the first letter where none
        precedes."""
        before, signs = COMMON[0], []
        for sign in word:
            signs.append(
                self.rows[sign][COMMON.index(before)] if sign in RARE else self.rows[""][COMMON.index(sign)]
            )
            before = before if sign in RARE else sign
        return "".join(signs)
