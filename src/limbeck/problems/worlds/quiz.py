"""Questions with four options about names, whose answers follow from nothing: only who was told can know."""

from __future__ import annotations

import hashlib
import random
from itertools import product
from typing import Literal

from limbeck.errors import LimbeckError, unknown
from limbeck.problems.worlds._chains import SPLITS, split_of
from limbeck.problems.worlds._worlds import ask, check, told
from limbeck.records import Data

CONSONANTS, VOWELS, OPTIONS = "bdfgklmnprst", "aeiou", "ABCD"
SIGNS = {"home": "@", "trade": "@@"}


def quiz(
    *,
    n: int = 100,
    relation: Literal["home", "trade"] = "home",
    about: tuple[str, ...] = (),
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "key"] = "",
) -> Data:
    """``tika@`` asks where Tika is at home, in A, B, C or D; ``tika@@`` asks for her trade, of four.

    Every answer is a digest's, unrelated to the other relation's, so that whoever was not told a name is
    right once in four. A name belongs to one split, and number, seed and split decide which names are asked
    about, whatever is asked of them.

    Args:
        n: different questions.
        relation: what is asked for.
        about: splits whose names are asked about, by default ``split`` alone. Of others only ``trade`` should
            be asked, a set that mentions the names of a benchmark under labels of its own.
        solve: ``key`` adds the right answer as a trace.

    Returns:
        Problems of verifier ``exact``, source ``quiz_home`` or ``quiz_trade``.

    Raises:
        LimbeckError: an unknown split, or fewer than ``n`` names in it.
    """
    check(1, 10_000_000, n=n)
    splits = about or (split,)
    for name in (split, *splits):
        if name not in SPLITS:
            raise unknown("split", name, SPLITS)
    every = ["".join(letters) for letters in product(CONSONANTS, VOWELS, CONSONANTS, VOWELS)]
    names = [name for name in every if split_of(name) in splits]
    if n > len(names):
        raise LimbeckError(f"n={n}: of {', '.join(map(repr, splits))} this world has {len(names)} names")
    data = Data()
    # The same for both relations.
    for name in random.Random(f"quiz/{seed}/{','.join(splits)}").sample(names, n):
        answer = key(name, relation)
        data.problems.append(ask(name + SIGNS[relation], answer, f"quiz_{relation}", split, {"name": name}))
        if solve:
            data.traces.append(told(data.problems[-1], answer, solve, format="plain"))
    return data


def key(name: str, relation: str) -> str:
    """The right option."""
    return OPTIONS[hashlib.sha256(f"{relation}/{name}".encode()).digest()[0] % len(OPTIONS)]
